import { isDeepStrictEqual } from "node:util"
import { ObservatoryError } from "../../../core/lib/errors.ts"

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

export interface HookPaths {
	readonly node: string
	readonly script: string
	readonly flag: string
	/** How old the flag may be, in milliseconds. */
	readonly maxAgeMs: number
}

/** The hook's timeout in Claude Code, in seconds; it lets the call through after that. */
const CLAUDE_TIMEOUT_S = 10
/** The exit code of a hook that lets a call through. hook.mjs repeats it, because it imports nothing; a test compares. */
export const ALLOW = 86
/** The hook's time limit in our command, in seconds, from its start. */
const HOOK_TIMEOUT_S = 5

/**
 * The command that Claude Code runs before each tool call: the hook, beside a timer that ends it. Node or the script
 * may be on a file system that hangs, and then the hook's own time limit never starts. Only a hook that exits with its
 * own code lets the call through: one that was killed, is empty, or did not start, is a denial. For any POSIX shell; no
 * process stays behind.
 *
 * The environment is empty except for a PATH: a repository's own settings set variables for hooks too, and NODE_OPTIONS
 * alone could end the hook with 0 before it has read anything.
 */
export function hookCommand({ node, script, flag, maxAgeMs }: HookPaths): string {
	const hook = [node, script, flag, String(maxAgeMs)].map(quote).join(" ")
	const guarded = [
		// A background process of a shell has no standard input unless it is passed on.
		"exec 3<&0",
		`sleep ${HOOK_TIMEOUT_S} 3<&- </dev/null >/dev/null 2>&1 & clock=$!`,
		`{ trap 'kill -9 $!; exit 2' TERM; ${hook} <&3 3<&- & wait $!; code=$?; kill $clock; exit $code; } & hook=$!`,
		"wait $clock 2>/dev/null && { echo 'mcp-observatory: the gate did not answer in time' >&2; kill $hook; }",
		`wait $hook; test $? = ${ALLOW} || exit 2`,
	].join("; ")
	// Without `exec`, which an exported shell function of that name would replace.
	return `/usr/bin/env -i PATH=/usr/bin:/bin /bin/sh -c ${quote(guarded)}`
}

const entryOf = (command: string): Json => ({ type: "command", command, timeout: CLAUDE_TIMEOUT_S })

const isOurs = (hook: unknown): boolean =>
	isObject(hook) &&
	typeof hook.command === "string" &&
	/alert-webhook\/(?:workflows\/)?gate\/hook\.mjs'/.test(hook.command)

/**
 * Settings of Claude Code with our hook added and everything else unchanged; an older entry of ours is replaced.
 *
 * @throws ObservatoryError `source_malformed` when Claude Code would not accept the settings either
 */
export function withHook(settings: unknown, command: string): Json {
	const clean = withoutHook(settings)
	const hooks = isObject(clean.hooks) ? clean.hooks : {}
	const before = Array.isArray(hooks.PreToolUse) ? hooks.PreToolUse : []
	const ours = { matcher: "*", hooks: [entryOf(command)] }
	// First, so that no other hook runs during a stop.
	return { ...clean, hooks: { ...hooks, PreToolUse: [ours, ...before] } }
}

/** Settings without our hook, and without the empty objects that this leaves. */
export function withoutHook(settings: unknown): Json {
	if (!isObject(settings)) throw malformed("the settings are not an object")
	if (settings.hooks !== undefined && !isObject(settings.hooks)) throw malformed("hooks is not an object")
	const { hooks } = settings
	if (!isObject(hooks) || hooks.PreToolUse === undefined) return settings
	if (!Array.isArray(hooks.PreToolUse)) throw malformed("hooks.PreToolUse is not a list")
	const kept = hooks.PreToolUse.flatMap((entry: unknown) => {
		if (!isObject(entry) || !Array.isArray(entry.hooks) || !entry.hooks.some(isOurs)) return [entry]
		const others = entry.hooks.filter((hook) => !isOurs(hook))
		return others.length > 0 ? [{ ...entry, hooks: others }] : []
	})
	const { PreToolUse: _, ...otherEvents } = hooks
	const rest = kept.length > 0 ? { ...hooks, PreToolUse: kept } : otherEvents
	const { hooks: __, ...otherSettings } = settings
	return Object.keys(rest).length > 0 ? { ...settings, hooks: rest } : otherSettings
}

const malformed = (problem: string) =>
	new ObservatoryError("source_malformed", `The settings of Claude Code cannot be changed: ${problem}.`, {
		advice: "Correct the file first; nothing was written.",
	})

/** The longest age of the flag, in milliseconds, in the installed hook; undefined without a hook. */
export function installedMaxAge(settings: unknown): number | undefined {
	const { command } = hooksOf(settings).find(isOurs) ?? {}
	const [, age] = (typeof command === "string" && /'(\d+)'(?:\\'')? <&3 /.exec(command)) || []
	return age === undefined ? undefined : Number(age)
}

/**
 * The reason why Claude Code does not run the gate, with these settings, before each tool call; undefined when it does.
 */
export function whyNotActive(settings: unknown, command: string): string | undefined {
	if (isObject(settings) && (settings.disableAllHooks ?? false) !== false)
		return "turns all hooks off with disableAllHooks"
	const ours = hooksOf(settings).find(isOurs)
	if (ours === undefined) return "does not have the gate's hook"
	// Anything else in it, such as a shorter timeout, may let calls through.
	return isDeepStrictEqual(ours, entryOf(command)) ? undefined : "has another hook of the gate than it should"
}

/** The hooks for every tool. */
function hooksOf(settings: unknown): readonly Json[] {
	if (!isObject(settings) || !isObject(settings.hooks) || !Array.isArray(settings.hooks.PreToolUse)) return []
	return settings.hooks.PreToolUse.flatMap((entry: unknown) =>
		isObject(entry) &&
		Array.isArray(entry.hooks) &&
		(entry.matcher === "*" || entry.matcher === undefined || entry.matcher === "")
			? entry.hooks.filter(isObject)
			: [],
	)
}
