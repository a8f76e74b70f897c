import { spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { hookScript } from "../../../alert-webhook/workflows/gate/hook-script.ts"
import { withProtection } from "../../../alert-webhook/workflows/gate/managed.ts"
import { gateHooks, withHooks } from "../../../alert-webhook/workflows/gate/settings.ts"
import { type EndlessModel, type EndlessTool, startEndlessModel } from "./endless-model.ts"

export type Placement = "user" | "managed"

/** A way to start Claude Code. */
export interface Mode {
	readonly name: string
	readonly tool?: EndlessTool
	readonly args?: readonly string[]
	/** Settings of the project in which the session works. */
	readonly project?: object
	/** Runs in a terminal, with a person's prompt typed. */
	readonly terminal?: true
}

export interface TryOptions {
	readonly program: string
	readonly knowsOnFailure: boolean
	readonly mode: Mode
	readonly placement: Placement
	/** Sets the model's limit to zero with the stop, as a brake does. */
	readonly brake: boolean
	/** How long the session is observed after the stop. */
	readonly observeMs: number
}

/** Milliseconds from the button; undefined for none after it. */
export interface TryResult {
	readonly lastTool: number | undefined
	readonly lastModel: number | undefined
	readonly modelCalls: number
	readonly modelCallsBefore: number
	/** Whether the session worked before the stop; otherwise the rest says nothing. */
	readonly worked: boolean
	/** How long the process lived, undefined when it still did at the end. */
	readonly ended: number | undefined
}

const PATIENCE_MS = 60_000
const WORK_MS = 2_500

/** One session of the real program in a home of its own, stopped while it works. */
export async function tryStop(options: TryOptions): Promise<TryResult> {
	const { mode, observeMs } = options
	const home = mkdtempSync(path.join(tmpdir(), "observatory-stop-"))
	const times = path.join(home, "times")
	const pause = mode.tool === "long-bash" ? "; sleep 4; date +%s%3N >> " : ""
	const model = await startEndlessModel(mode.tool ?? "bash", `date +%s%3N >> ${times}${pause && pause + times}`)
	const flag = path.join(home, "gate.json")
	let state = "run"
	const write = () =>
		writeFileSync(flag, JSON.stringify({ state, revision: 1, reason: "bench", at: new Date().toISOString() }))
	write()
	const keeper = setInterval(write, 1_000)
	const session = start(options, { home, flag, model, times })
	try {
		const tools = () => (existsSync(times) ? readFileSync(times, "utf8").trim().split("\n").map(Number) : [])
		for (const from = Date.now(); tools().length < 2 && !session.ended && Date.now() - from < PATIENCE_MS; )
			await sleep(100)
		await sleep(WORK_MS)
		const worked = tools().length >= 2 && !session.ended
		const button = Date.now()
		state = "stop"
		write()
		if (options.brake) model.permit(false)
		while (!session.ended && Date.now() - button < observeMs) await sleep(100)
		const after = (at: readonly number[]) => at.filter((time) => time > button)
		const last = (at: readonly number[]) => (after(at).length > 0 ? Math.max(...at) - button : undefined)
		return {
			worked,
			lastTool: last(tools()),
			lastModel: last(model.calls),
			modelCalls: after(model.calls).length,
			modelCallsBefore: model.calls.filter((at) => at > button - observeMs && at <= button).length,
			ended: session.ended && session.ended - button,
		}
	} finally {
		clearInterval(keeper)
		await session.stop()
		await model.close()
		try {
			rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
		} catch {
			// A program that ends at this moment still writes there.
		}
	}
}

interface Place {
	readonly home: string
	readonly flag: string
	readonly model: EndlessModel
	readonly times: string
}

function start({ program, knowsOnFailure, mode, placement }: TryOptions, { home, flag, model, times }: Place) {
	const work = path.join(home, "work")
	const config = path.join(home, ".claude")
	mkdirSync(path.join(work, ".claude"), { recursive: true })
	mkdirSync(config)
	const hooks = gateHooks({ node: process.execPath, script: hookScript(), flag, maxAgeMs: 60_000 }, { knowsOnFailure })
	const settings = withHooks({}, hooks)
	writeFileSync(path.join(config, "settings.json"), placement === "user" ? JSON.stringify(settings) : "{}")
	const managed = path.join(home, "managed-settings.json")
	writeFileSync(managed, JSON.stringify(withProtection(settings)))
	if (mode.project) writeFileSync(path.join(work, ".claude", "settings.json"), JSON.stringify(mode.project))
	writeFileSync(path.join(home, "mcp.json"), JSON.stringify({ mcpServers: { clock: mcpServer(times) } }))
	const known = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true }
	const global = {
		hasCompletedOnboarding: true,
		bypassPermissionsModeAccepted: true,
		customApiKeyResponses: { approved: ["made-up"], rejected: [] },
		projects: { [work]: known },
	}
	writeFileSync(path.join(config, ".claude.json"), JSON.stringify(global))
	const args = (mode.args ?? []).map((arg) => arg.replace("HOME", home))
	const prompt = "write the time again and again"
	const claude = mode.terminal
		? [program, ...args, "--allowedTools=Bash", prompt]
		: [program, "-p", prompt, "--allowedTools", "Bash,Agent,Task,mcp__clock__tick", "--max-turns", "500", ...args]
	const inTerminal = mode.terminal
		? ["script", "-qfec", claude.map((word) => `'${word}'`).join(" "), "/dev/null"]
		: claude
	const [command = "", ...rest] = placement === "managed" ? withManaged(managed, home, inTerminal) : inTerminal
	const child = spawn(command, rest, {
		cwd: work,
		detached: true,
		stdio: ["ignore", "pipe", "pipe"],
		env: {
			PATH: process.env.PATH,
			HOME: home,
			TERM: "xterm-256color",
			CLAUDE_CONFIG_DIR: config,
			ANTHROPIC_BASE_URL: model.url,
			ANTHROPIC_API_KEY: "made-up",
			CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
			DISABLE_AUTOUPDATER: "1",
			ENABLE_TOOL_SEARCH: "false",
			// The program refuses bypassPermissions to root outside a sandbox.
			IS_SANDBOX: "1",
		},
	})
	const session = { ended: undefined as number | undefined, stop }
	for (const stream of [child.stdout, child.stderr]) stream.resume()
	const exited = new Promise<void>((resolve) => {
		child.once("error", () => resolve())
		child.once("exit", () => {
			session.ended = Date.now()
			resolve()
		})
	})
	async function stop(): Promise<void> {
		// The whole group: the program starts tools and servers of its own.
		if (child.pid !== undefined)
			try {
				process.kill(-child.pid, "SIGKILL")
			} catch {
				// The group has ended by itself.
			}
		await exited
	}
	return session
}

/** A private /etc with the managed settings, for this command and its children only. Needs root. */
function withManaged(settings: string, home: string, command: readonly string[]): string[] {
	const layer = path.join(home, "etc-layer")
	mkdirSync(layer)
	const script = [
		`mount -t tmpfs tmpfs '${layer}'`,
		`mkdir '${layer}/upper' '${layer}/work'`,
		`mount -t overlay overlay -o 'lowerdir=/etc,upperdir=${layer}/upper,workdir=${layer}/work' /etc`,
		"mkdir -p /etc/claude-code",
		`cp '${settings}' /etc/claude-code/managed-settings.json`,
		'exec "$@"',
	].join(" && ")
	return ["unshare", "-m", "/bin/sh", "-c", script, "sh", ...command]
}

/** An MCP server with one tool, which writes the time. */
function mcpServer(times: string) {
	const script = `const fs=require("fs");require("readline").createInterface({input:process.stdin}).on("line",l=>{const m=JSON.parse(l);if(m.id===undefined)return;const r=m.method==="initialize"?{protocolVersion:m.params.protocolVersion,capabilities:{tools:{}},serverInfo:{name:"clock",version:"1"}}:m.method==="tools/list"?{tools:[{name:"tick",description:"writes the time",inputSchema:{type:"object"}}]}:m.method==="tools/call"?(fs.appendFileSync(${JSON.stringify(times)},Date.now()+"\\n"),{content:[{type:"text",text:"tick"}]}):{};console.log(JSON.stringify({jsonrpc:"2.0",id:m.id,result:r}))})`
	return { command: process.execPath, args: ["-e", script] }
}
