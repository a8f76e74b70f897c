import { ObservatoryError } from "../../core/lib/errors.ts"

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

/**
 * What Claude Code runs before each tool call. The end of it turns every failure to even start the hook, such as a
 * script that has gone, into a denial.
 */
export const hookCommand = ({ node, script, flag, maxAgeMs }: HookPaths): string =>
	`${[node, script, flag, String(maxAgeMs)].map(quote).join(" ")} || exit 2`

const isOurs = (hook: unknown): boolean =>
	isObject(hook) && typeof hook.command === "string" && /alert-webhook\/gate\/hook\.mjs'/.test(hook.command)

/**
 * Settings of Claude Code with our hook in them and everything else as it was; an older entry of ours is replaced.
 *
 * @throws ObservatoryError `source_malformed` when the settings have a shape that Claude Code would not take either
 */
export function withHook(settings: unknown, command: string): Json {
	const clean = withoutHook(settings)
	const hooks = isObject(clean.hooks) ? clean.hooks : {}
	const before = Array.isArray(hooks.PreToolUse) ? hooks.PreToolUse : []
	const ours = { matcher: "*", hooks: [{ type: "command", command, timeout: 10 }] }
	// First, so that nothing of another hook happens once a stop stands.
	return { ...clean, hooks: { ...hooks, PreToolUse: [ours, ...before] } }
}

/** Settings without our hook, and without what would be left empty by its going. */
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

/** The command of our hook in settings; undefined when it is not installed. */
export function installedCommand(settings: unknown): string | undefined {
	if (!isObject(settings) || !isObject(settings.hooks) || !Array.isArray(settings.hooks.PreToolUse)) return undefined
	const hooks = settings.hooks.PreToolUse.flatMap((entry: unknown) =>
		isObject(entry) &&
		Array.isArray(entry.hooks) &&
		(entry.matcher === "*" || entry.matcher === undefined || entry.matcher === "")
			? entry.hooks
			: [],
	)
	const ours: unknown = hooks.find(isOurs)
	return isObject(ours) && typeof ours.command === "string" ? ours.command : undefined
}
