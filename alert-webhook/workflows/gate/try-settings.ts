import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import type { ClaudeProgram } from "./claude-program.ts"
import type { HookPaths } from "./command.ts"
import { type Flag, writeFlag } from "./flag.ts"
import { gateHooks, installedOnFailure, withHooks } from "./settings.ts"

type Json = Record<string, unknown>

/** Settings that run programs or fetch something: a trial must not. */
const LEFT_OUT = [
	"apiKeyHelper",
	"awsAuthRefresh",
	"awsCredentialExport",
	"gcpAuthRefresh",
	"otelHeadersHelper",
	"statusLine",
	"env",
	"enabledPlugins",
	"extraKnownMarketplaces",
	"forceLoginMethod",
	"forceLoginOrgUUID",
]

/**
 * Lets the real Claude Code read a copy of the settings, in a home of its own, with a loopback endpoint in place of the
 * model: with the control state run a prompt must reach the model, with stop it must not. The commands of other hooks
 * are replaced. Takes a few seconds.
 *
 * @throws ObservatoryError `conflict` when Claude Code does not run the gate with these settings
 */
export async function trySettings(claude: ClaudeProgram, settings: Json, paths: HookPaths): Promise<void> {
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-gate-trial-"))
	const model = await startModel()
	try {
		const flag = path.join(folder, "gate.json")
		const hooks = gateHooks({ ...paths, flag }, { knowsOnFailure: installedOnFailure(settings) })
		const config = path.join(folder, "config")
		mkdirSync(config)
		writeFileSync(path.join(config, "settings.json"), JSON.stringify(withHooks(harmless(settings), hooks)))
		for (const state of ["run", "stop"] as const) {
			model.prompts = 0
			await writeFlag(flag, { state, revision: 0, reason: "trial", at: new Date().toISOString() } satisfies Flag)
			const said = await prompt(claude, { folder, config, url: model.url })
			if (model.prompts > 0 === (state === "run")) continue
			const seen = state === "run" ? "does not reach the model at all" : "runs on through a stop"
			throw new ObservatoryError(
				"conflict",
				`With these settings Claude Code ${claude.version} ${seen}: ${said.slice(0, 300)}`,
				{
					advice: "The file may have an entry that this version rejects; correct it, then run npm run gate -- test.",
				},
			)
		}
	} finally {
		await model.close()
		rmSync(folder, { recursive: true, force: true })
	}
}

/**
 * Lets the real Claude Code start in a home without settings: the hook of this host's managed settings must run at a
 * prompt. Their flag is the real one, so the answer is not compared.
 *
 * @throws ObservatoryError `conflict` when it does not run
 */
export async function tryManagedSettings(claude: ClaudeProgram): Promise<void> {
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-gate-trial-"))
	const model = await startModel()
	try {
		const events = ["--output-format", "stream-json", "--verbose", "--include-hook-events"]
		const said = await prompt(claude, { folder, config: folder, url: model.url }, events)
		if (said.includes('"hook_event":"UserPromptSubmit"')) return
		throw new ObservatoryError(
			"conflict",
			`Claude Code ${claude.version} does not run the hook of the managed settings.`,
			{
				advice: "Check that it can read the file and that the file has no entry that this version rejects.",
			},
		)
	} finally {
		await model.close()
		rmSync(folder, { recursive: true, force: true })
	}
}

/** A copy without effects, and with the same form: each other hook's command becomes `true`. */
function harmless(settings: Json): Json {
	const kept = Object.fromEntries(Object.entries(settings).filter(([key]) => !LEFT_OUT.includes(key)))
	const silent = JSON.stringify(kept.hooks ?? {}, (key, value) =>
		key === "command" && typeof value === "string" ? "true" : key === "url" ? "http://127.0.0.1:9" : value,
	)
	return { ...kept, hooks: JSON.parse(silent) }
}

interface Surroundings {
	readonly folder: string
	readonly config: string
	readonly url: string
}

/** Sends one prompt. Returns what the program printed, in one line. */
function prompt(claude: ClaudeProgram, at: Surroundings, more: readonly string[] = []): Promise<string> {
	const env = {
		PATH: claude.path,
		HOME: at.folder,
		CLAUDE_CONFIG_DIR: at.config,
		ANTHROPIC_BASE_URL: at.url,
		ANTHROPIC_API_KEY: "made-up",
		CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
		DISABLE_AUTOUPDATER: "1",
	}
	const options = { cwd: at.folder, env, timeout: 60_000, killSignal: "SIGKILL" } as const
	return new Promise((resolve) => {
		const child = execFile(
			claude.program,
			["-p", "hello", "--max-turns", "1", ...more],
			options,
			(error, stdout, stderr) => {
				const text = `${stdout} ${stderr}`.trim() || (error === null ? "it printed nothing" : messageOf(error))
				resolve(text.replace(/\s+/g, " "))
			},
		)
		child.stdin?.end()
	})
}

/** Answers each prompt with one word, and counts them. */
async function startModel() {
	const server = createServer((req, res) => {
		req.resume()
		if (req.method !== "POST" || !req.url?.startsWith("/v1/messages")) return void res.writeHead(404).end("{}")
		if (req.url.includes("count_tokens")) return void res.end('{"input_tokens":1}')
		model.prompts += 1
		const usage = { input_tokens: 1, output_tokens: 1 }
		const message = {
			id: "msg_1",
			type: "message",
			role: "assistant",
			model: "trial",
			content: [],
			stop_reason: null,
			usage,
		}
		const events = [
			{ type: "message_start", message },
			{ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
			{ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "hello" } },
			{ type: "content_block_stop", index: 0 },
			{ type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage },
			{ type: "message_stop" },
		]
		res.writeHead(200, { "content-type": "text/event-stream" })
		res.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""))
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	const model = {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		prompts: 0,
		close: () =>
			new Promise<void>((resolve) => {
				server.close(() => resolve())
				server.closeAllConnections()
			}),
	}
	return model
}
