import { spawn } from "node:child_process"

/** What Claude Code does with a hook's answer: `fails` lets the call through. */
export type HookAnswer = "permits" | "denies" | "ends" | "fails"

/** Variables that a repository's own settings could set for hooks, to let every call through. */
const HOSTILE_ENV = {
	PATH: "/nonexistent",
	NODE_OPTIONS: "--import=data:text/javascript,process.exit(0)",
}

const CALL = JSON.stringify({ hook_event_name: "PreToolUse", tool_name: "Bash", tool_input: { command: "true" } })

/**
 * Runs a hook's command as Claude Code does: through a shell, with the call on standard input, and with an environment
 * that tries to bypass the gate.
 */
export function askHook(command: string, timeoutMs = 10_000, call = CALL): Promise<HookAnswer> {
	return new Promise((resolve, reject) => {
		const child = spawn("/bin/sh", ["-c", command], {
			env: HOSTILE_ENV,
			stdio: ["pipe", "pipe", "ignore"],
			timeout: timeoutMs,
			killSignal: "SIGKILL",
		})
		let said = ""
		child.stdout.on("data", (chunk: Buffer) => (said += chunk))
		child.once("error", reject)
		child.once("close", (code) => resolve(answerOf(code, said)))
		// The hook does not need to read it.
		child.stdin.on("error", () => undefined)
		child.stdin.end(call)
	})
}

function answerOf(code: number | null, said: string): HookAnswer {
	if (code === 2) return "denies"
	if (code !== 0) return "fails"
	if (said.trim() === "") return "permits"
	try {
		return JSON.parse(said).continue === false ? "ends" : "permits"
	} catch {
		return "permits"
	}
}
