import { execFile } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { askHook, type HookAnswer } from "../../alert-webhook/workflows/gate/ask-hook.ts"
import { findClaude } from "../../alert-webhook/workflows/gate/claude-program.ts"
import { hookCommand } from "../../alert-webhook/workflows/gate/command.ts"
import { hookScript } from "../../alert-webhook/workflows/gate/hook-script.ts"
import { startMessagesApi } from "../support/messages-api.ts"
import { eventually } from "../support/process.ts"
import { tryStop } from "../support/stop/stop-try.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

const run = promisify(execFile)

/** The program that `npm test -- --install` has fetched, or that the caller has named. */
const program = process.env.CLAUDE_CODE_PROGRAM

describe.runIf(program)("the gate in the real Claude Code", () => {
	let webhook: TestWebhook
	let flag: string
	beforeAll(async () => {
		webhook = await startTestWebhook(await migratedDatabase(inject("postgresUrl")))
		flag = path.join(webhook.home, "run", "gate.json")
		await gateSettles("permits")
	})
	afterAll(() => webhook?.stop())

	const gateSettles = (answer: HookAnswer) => {
		const command = hookCommand({ node: process.execPath, script: hookScript(), flag, maxAgeMs: 60_000 })
		return eventually(
			() => askHook(command),
			(seen) => seen === answer,
		)
	}

	/** One session, with the gate installed, that wants to run one command; `node` is what the hook is run with. */
	async function session(node = process.execPath, edit = (settings: string) => settings) {
		const home = mkdtempSync(path.join(tmpdir(), "observatory-claude-"))
		const config = path.join(home, ".claude")
		mkdirSync(config)
		const settings = path.join(config, "settings.json")
		const install = ["alert-webhook/workflows/gate/main.ts", "install", "--settings", settings, "--flag", flag]
		await run(process.execPath, ["--import", "tsx", ...install])
		writeFileSync(settings, edit(readFileSync(settings, "utf8").replace(process.execPath, node)))
		const marker = path.join(home, "the-tool-ran")
		const api = await startMessagesApi(`touch ${marker}`)
		try {
			const env = {
				PATH: process.env.PATH,
				HOME: home,
				CLAUDE_CONFIG_DIR: config,
				ANTHROPIC_BASE_URL: api.url,
				ANTHROPIC_API_KEY: "made-up",
				CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
				DISABLE_AUTOUPDATER: "1",
			}
			const args = ["-p", "touch the file", "--allowedTools", "Bash", "--max-turns", "4"]
			const child = run(program ?? "", args, { cwd: home, env, timeout: 90_000 })
			child.child.stdin?.end()
			await child
			return { ran: existsSync(marker), transcript: transcriptIn(config) }
		} finally {
			await api.close()
		}
	}

	it("lets a tool run, denies it while a stop is in effect and says why, and lets it run again after the release", async () => {
		expect((await session()).ran).toBe(true)
		await webhook.change("stop", "agents delete things")
		await gateSettles("ends")
		const stopped = await session()
		expect(stopped.ran).toBe(false)
		expect(stopped.transcript).toContain("emergency stop: agents delete things")
		await webhook.change("release", "agents have new instructions")
		await gateSettles("permits")
		expect((await session()).ran).toBe(true)
	})

	it("denies a tool when node hangs, which Claude Code by itself would let run in the end", async () => {
		const hanging = path.join(mkdtempSync(path.join(tmpdir(), "observatory-node-")), "node")
		writeFileSync(hanging, "#!/bin/sh\nexec sleep 600\n", { mode: 0o755 })
		const { ran, transcript } = await session(hanging)
		expect(ran).toBe(false)
		expect(transcript).toContain("the gate did not answer in time")
	})

	it("silences an agent that never gives up: no model call follows a stop, also with a tool under way", async () => {
		const claude = await findClaude(program ?? "", process.env.PATH)
		if (claude === undefined) throw new Error(`${program} reports no version`)
		const modes = [{ name: "-p" }, { name: "a long command", tool: "long-bash" }] as const
		const stopped = await Promise.all(
			modes.map((mode) => tryStop({ ...claude, mode, placement: "user", brake: false, observeMs: 8_000 })),
		)
		for (const { worked, lastModel } of stopped) {
			expect(worked).toBe(true)
			// A call that the model had received already is answered.
			expect(lastModel ?? 0).toBeLessThan(3_000)
		}
	})

	it("is ignored in settings with a comment, so that the installation refuses those", async () => {
		await webhook.change("stop", "agents delete things")
		await gateSettles("ends")
		expect((await session(process.execPath, (text) => `// a comment\n${text}`)).ran).toBe(true)
		await webhook.change("release", "agents have new instructions")
	})
})

/** Everything that a session wrote down. */
function transcriptIn(config: string): string {
	const names = readdirSync(config, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".jsonl"))
	return names.map((name) => readFileSync(path.join(config, name), "utf8")).join("\n")
}
