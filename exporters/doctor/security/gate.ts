import { execFile } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import path from "node:path"
import type { Env } from "../../../core/lib/config.ts"
import { messageOf } from "../../../core/lib/errors.ts"
import { shippedFile } from "../../../core/lib/files.ts"
import { claudeSettings } from "./files.ts"
import { ok, type Risk, risk } from "./risk.ts"
import type { Installation } from "./settings.ts"

/** Settings that users and repositories cannot change. */
const MANAGED =
	process.platform === "darwin"
		? "/Library/Application Support/ClaudeCode/managed-settings.json"
		: "/etc/claude-code/managed-settings.json"

/** Runs the gate's own test with the settings that apply here. */
export async function examineGate({ config }: Installation, env: Env, managed = MANAGED): Promise<Risk[]> {
	const [personal] = claudeSettings(config)
	const isManaged = hasHook(managed)
	const settings = config.GATE_SETTINGS_FILE ?? (isManaged ? managed : personal)
	if (settings === undefined || (!existsSync(settings) && config.GATE_SETTINGS_FILE === undefined))
		return [risk("low", "Claude Code has no settings here, so the gate is not installed", "npm run gate -- install")]
	const fix = "npm run gate -- install, then npm run gate -- test"
	const repository = path.resolve(".claude", "settings.json")
	const failure = await gateTest(settings, env)
	const risks = [settings, repository, path.resolve(".claude", "settings.local.json")]
		.filter(disablesHooks)
		.map((file) => risk("high", `${file} turns all hooks off (disableAllHooks)`, "Remove disableAllHooks from it."))
	if (!isManaged)
		for (const file of [repository, path.resolve(".claude", "settings.local.json")])
			for (const name of loadersIn(file))
				risks.push(
					risk("high", `${file} sets ${name}, which loads code into the gate's hook`, `Remove ${name} from its env.`),
				)
	if (failure === undefined) risks.push(ok(`the gate denies when it must, and ${settings} has the hook`))
	else if (hasHook(settings) || config.GATE_SETTINGS_FILE !== undefined) risks.push(risk("high", failure, fix))
	else risks.push(risk("medium", `an emergency stop does not reach Claude Code: ${settings} has no gate`, fix))
	if (failure === undefined && !isManaged)
		risks.push(
			risk(
				"medium",
				"the hook is in a user's settings: an agent of that user can edit them, a project can turn it off (disableAllHooks, LD_PRELOAD in env), and --bare, --safe-mode, --restricted, --setting-sources and --settings start sessions without it",
				`As root, put it into ${managed}: npm run gate -- install --managed`,
			),
		)
	return risks
}

const read = (file: string): string => {
	try {
		return readFileSync(file, "utf8")
	} catch {
		return ""
	}
}

const hasHook = (file: string): boolean => read(file).includes("gate/hook.mjs")

const disablesHooks = (file: string): boolean => /"disableAllHooks"\s*:\s*true/.test(read(file))

/** The variables in a file's `env` that load code into every program. */
function loadersIn(file: string): string[] {
	try {
		const { env } = JSON.parse(read(file) || "{}") as { env?: unknown }
		return Object.entries(env ?? {}).flatMap(([name, value]) =>
			/^(LD|DYLD)_/.test(name) && value !== "" ? [name] : [],
		)
	} catch {
		return []
	}
}

/** The first failure of `npm run gate -- test`; undefined when there is none. */
function gateTest(settings: string, env: Env): Promise<string | undefined> {
	const extension = path.extname(import.meta.filename)
	const loader = extension === ".ts" ? ["--import", import.meta.resolve("tsx")] : []
	const program = shippedFile(`alert-webhook/workflows/gate/main${extension}`)
	const args = [...loader, program, "test", "--settings", settings]
	return new Promise((resolve) => {
		execFile(process.execPath, args, { env: { ...env }, timeout: 60_000 }, (error, _stdout, stderr) => {
			if (error === null) resolve(undefined)
			else resolve(stderr.split("\n")[0]?.trim() || messageOf(error))
		})
	})
}
