import { homedir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { requestJson } from "../../../core/clients/request.ts"
import { exitCodeOf, readArguments } from "../../../core/lib/arguments.ts"
import { parseDuration } from "../../../core/lib/config.ts"
import { explain, messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import { editSettings, readSettings } from "./edit.ts"
import { flagFrom, writeFlag } from "./flag.ts"
import { hookScript } from "./hook-script.ts"
import { selfTest } from "./self-test.ts"
import { type HookPaths, hookCommand, whyNotActive, withHook, withoutHook } from "./settings.ts"

const USAGE = `npm run gate -- install     let Claude Code run the gate before each tool call
npm run gate -- uninstall   remove the hook
npm run gate -- test        check that the hook denies when it must, and that the settings have it
npm run gate -- follow      update the flag on a host without alert-webhook, from its GET /api/control
  --settings FILE   settings of Claude Code; default ~/.claude/settings.json
  --flag FILE       the file that the hook reads; default .observatory/run/gate.json
  --max-age 60s     how old the flag may be before the hook denies
  --url ADDRESS     for follow: where alert-webhook is reached
  --help            this text`

async function main(): Promise<void> {
	const home = process.env.OBSERVATORY_HOME ?? ".observatory"
	const claude = process.env.CLAUDE_CONFIG_DIR ?? path.join(homedir(), ".claude")
	const options = {
		settings: { type: "string", default: path.join(claude, "settings.json") },
		flag: { type: "string", default: process.env.GATE_FLAG_FILE ?? path.join(home, "run", "gate.json") },
		"max-age": { type: "string", default: "60s" },
		url: { type: "string", default: process.env.WEBHOOK_URL ?? "http://127.0.0.1:9099" },
		help: { type: "boolean", short: "h", default: false },
	} as const
	const { values, positionals } = readArguments({ allowPositionals: true, options }, USAGE)
	if (values.help) return void process.stdout.write(`${USAGE}\n`)
	const maxAgeMs = parseDuration(values["max-age"])
	if (maxAgeMs === undefined) throw usage(`"${values["max-age"]}" is no duration`)
	const paths = { node: process.execPath, script: hookScript(), flag: path.resolve(values.flag), maxAgeMs }
	const settings = path.resolve(values.settings)
	switch (positionals[0]) {
		case "install":
			return install(settings, paths)
		case "uninstall":
			editSettings(settings, withoutHook)
			process.stdout.write(`${settings} no longer has the gate.\n`)
			return
		case "test":
			await selfTest({ paths, settingsFile: settings, now: Date.now() })
			process.stdout.write(`The gate denies when it must and lets through when it may, and ${settings} has the hook.\n`)
			return
		case "follow":
			return follow(values.url, paths.flag)
		default:
			throw usage(positionals[0] === undefined ? "A command is missing" : `Unknown command "${positionals[0]}"`)
	}
}

const usage = (problem: string) => new ObservatoryError("bad_request", problem, { advice: USAGE })

/** Never removes a person's own setting; but a gate that does not run is not reported as installed. */
function install(file: string, paths: HookPaths): void {
	const command = hookCommand(paths)
	editSettings(file, (before) => withHook(before, command))
	const problem = whyNotActive(readSettings(file).settings, command)
	if (problem)
		throw new ObservatoryError("conflict", `The gate is in ${file} now, but does not run: the file ${problem}.`, {
			advice: "Remove that from the file, then run npm run gate -- test.",
		})
	process.stdout.write(`${file} has the gate now. It reads ${paths.flag}.\n`)
}

/** Updates the flag each second. While alert-webhook does not answer the flag grows old, and the hook denies. */
async function follow(url: string, flag: string): Promise<never> {
	process.stdout.write(`Updating ${flag} from ${url}.\n`)
	for (let failing = false; ; ) {
		try {
			await writeFlag(flag, flagFrom(await requestJson("alert-webhook", `${url}/api/control`, {}, 2_000), Date.now()))
			failing = false
		} catch (error) {
			if (!failing) process.stderr.write(`${messageOf(error)}\n`)
			failing = true
		}
		await sleep(1_000)
	}
}

try {
	await main()
} catch (error) {
	process.stderr.write(`${explain(error)}\n`)
	process.exitCode = exitCodeOf(error)
}
