import { readFileSync } from "node:fs"
import { homedir, hostname } from "node:os"
import path from "node:path"
import { readArguments, runCommand } from "../../../core/lib/arguments.ts"
import { parseDuration } from "../../../core/lib/config.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { type ClaudeProgram, findClaude } from "./claude-program.ts"
import type { HookPaths } from "./command.ts"
import { editSettings, readSettings } from "./edit.ts"
import { follow } from "./follow.ts"
import { approvalScript, hookScript } from "./hook-script.ts"
import {
	isManaged,
	managedSettingsFile,
	USER_SETTINGS_LIMITS,
	whyNotManaged,
	withoutProtection,
	withProtection,
} from "./managed.ts"
import { unreadableForOthers } from "./readable.ts"
import { selfTest } from "./self-test.ts"
import {
	approvalHook,
	gateHooks,
	hasApprovals,
	installedOnFailure,
	whyNotActive,
	withHooks,
	withoutHooks,
} from "./settings.ts"
import { tryManagedSettings, trySettings } from "./try-settings.ts"

const USAGE = `npm run gate -- install     let Claude Code ask the gate before and after each tool call, and at each prompt
npm run gate -- uninstall   remove the hooks
npm run gate -- test        check that the hook denies when it must, and that the settings have it
npm run gate -- follow      update the flag on a host without alert-webhook, and answer its challenges
  --managed         settings that sessions and projects cannot change (recommended, needs root):
                    ${managedSettingsFile()}
  --approvals       for install: also ask a person about the calls that APPROVAL_RULES of alert-webhook names
  --settings FILE   settings of Claude Code; default ~/.claude/settings.json
  --flag FILE       the file that the hook reads; default .observatory/run/gate.json
  --max-age 60s     how old the flag may be before the hook denies
  --claude PROGRAM  Claude Code, which tries the settings; default claude
  --url ADDRESS     for follow: where alert-webhook is reached
  --token-file FILE for follow: the token that GATE_TOKEN_FILE of alert-webhook has; without it, no challenge
  --host NAME       for follow: this host's name on the console; default its own
  --help            this text`

async function main(): Promise<void> {
	const home = process.env.OBSERVATORY_HOME ?? ".observatory"
	const claude = process.env.CLAUDE_CONFIG_DIR ?? path.join(homedir(), ".claude")
	const options = {
		settings: { type: "string" },
		managed: { type: "boolean", default: false },
		approvals: { type: "boolean", default: false },
		claude: { type: "string", default: "claude" },
		flag: { type: "string", default: process.env.GATE_FLAG_FILE ?? path.join(home, "run", "gate.json") },
		"max-age": { type: "string", default: "60s" },
		"token-file": { type: "string" },
		host: { type: "string", default: hostname() },
		url: { type: "string", default: process.env.WEBHOOK_URL ?? "http://127.0.0.1:9099" },
		help: { type: "boolean", short: "h", default: false },
	} as const
	const { values, positionals } = readArguments({ allowPositionals: true, options }, USAGE)
	if (values.help) return void process.stdout.write(`${USAGE}\n`)
	const maxAgeMs = parseDuration(values["max-age"])
	if (maxAgeMs === undefined) throw usage(`"${values["max-age"]}" is no duration`)
	const paths = { node: process.execPath, script: hookScript(), flag: path.resolve(values.flag), maxAgeMs }
	if (values.managed && values.settings !== undefined) throw usage("--managed and --settings exclude each other")
	const personal = values.settings ?? path.join(claude, "settings.json")
	const settings = path.resolve(values.managed ? managedSettingsFile() : personal)
	switch (positionals[0]) {
		case "install":
			return install(settings, paths, await findClaude(values.claude, process.env.PATH), values.approvals)
		case "uninstall":
			uninstall(settings)
			process.stdout.write(`${settings} no longer has the gate.\n`)
			return
		case "test":
			return test(settings, paths, await findClaude(values.claude, process.env.PATH))
		case "follow":
			return startFollowing({ ...values, tokenFile: values["token-file"] }, { flag: paths.flag, settings })
		default:
			throw usage(positionals[0] === undefined ? "A command is missing" : `Unknown command "${positionals[0]}"`)
	}
}

const usage = (problem: string) => new ObservatoryError("bad_request", problem, { advice: USAGE })

/** Never removes a person's own setting; but a gate that does not run is not reported as installed. */
async function install(
	file: string,
	paths: HookPaths,
	claude: ClaudeProgram | undefined,
	approvals: boolean,
): Promise<void> {
	const known = { knowsOnFailure: claude?.knowsOnFailure ?? false }
	const hooks = gateHooks(paths, known)
	const asking = approvalHook({ ...paths, script: approvalScript() }, known)
	const managed = isManaged(file)
	const change = (before: unknown) => {
		// An upgrade must not end the approvals.
		const after = withHooks(before, hooks, approvals || hasApprovals(before) ? asking : undefined)
		return managed ? withProtection(after) : after
	}
	editSettings(file, change, { shared: managed })
	const { settings } = readSettings(file)
	const problem = whyNotActive(settings, hooks) ?? (managed ? whyNotManaged(settings) : undefined)
	if (problem)
		throw new ObservatoryError("conflict", `The gate is in ${file} now, but does not run: the file ${problem}.`, {
			advice: "Remove that from the file, then run npm run gate -- test.",
		})
	process.stdout.write(`${file} has the gate now. It reads ${paths.flag}.\n`)
	await tryAndReport(file, paths, claude)
	if (managed)
		process.stdout.write(
			"From now on Claude Code runs no other hooks here than those of this file: allowManagedHooksOnly.\n",
		)
}

/** Removes what `install` added, and nothing else. */
function uninstall(file: string): void {
	editSettings(file, (settings, before) =>
		isManaged(file) ? withoutProtection(withoutHooks(settings), before) : withoutHooks(settings),
	)
}

async function test(file: string, paths: HookPaths, claude: ClaudeProgram | undefined): Promise<void> {
	await selfTest({ paths, settingsFile: file, now: Date.now() })
	process.stdout.write(`The gate denies when it must and lets through when it may, and ${file} has the hook.\n`)
	await tryAndReport(file, paths, claude)
}

/** Has the installed Claude Code try the settings, and says what these settings cannot prevent. */
async function tryAndReport(file: string, paths: HookPaths, claude: ClaudeProgram | undefined): Promise<void> {
	if (claude === undefined)
		process.stdout.write("Not tried: no Claude Code runs here as claude; name it with --claude.\n")
	else {
		const { settings } = readSettings(file)
		if (installedOnFailure(settings) && !claude.knowsOnFailure)
			throw new ObservatoryError(
				"conflict",
				`${file} has onFailure, which Claude Code ${claude.version} does not know.`,
				{
					advice: "Run npm run gate -- install again: older versions drop a file for a key that they do not know.",
				},
			)
		if (file === managedSettingsFile()) await tryManagedSettings(claude)
		else await trySettings(claude, settings as Record<string, unknown>, paths)
		process.stdout.write(`Claude Code ${claude.version} has tried these settings, and asks the gate.\n`)
	}
	if (!isManaged(file)) {
		const limits = USER_SETTINGS_LIMITS.map((limit) => `  - ${limit}\n`).join("")
		process.stdout.write(`Settings of a user cannot prevent this; npm run gate -- install --managed does:\n${limits}`)
		return
	}
	const closed = unreadableForOthers([paths.node, paths.script, paths.flag])
	if (closed.length > 0)
		process.stdout.write(`Sessions of other users are denied everything: they cannot read ${closed.join(", ")}.\n`)
}

function startFollowing(
	{ url, host, tokenFile }: { readonly url: string; readonly host: string; readonly tokenFile?: string | undefined },
	{ flag, settings }: { readonly flag: string; readonly settings: string },
): void {
	process.stdout.write(`Updating ${flag} from ${url}.\n`)
	follow({ url, host, flag, settingsFile: settings, token: tokenFile && tokenIn(tokenFile) })
}

/** @throws ObservatoryError `file_unreadable` */
function tokenIn(file: string): string {
	try {
		return readFileSync(file, "utf8").trim()
	} catch (error) {
		throw new ObservatoryError("file_unreadable", `${file} cannot be read`, { cause: error })
	}
}

await runCommand(main)
