import { isDeepStrictEqual } from "node:util"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { approvalCommand, CLAUDE_TIMEOUT_S, EVENTS, type GateEvent, type HookPaths, hookCommand } from "./command.ts"

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

/** The entries of Claude Code's settings that make the gate, by event. */
export type GateHooks = Readonly<Record<GateEvent, Json>>

/**
 * The gate's entries. Versions of Claude Code that know `onFailure` block a call whose hook cannot start or takes too
 * long. Older ones may drop a whole file for a key that they do not know.
 */
export function gateHooks(paths: HookPaths, { knowsOnFailure }: { readonly knowsOnFailure: boolean }): GateHooks {
	const entry = (event: GateEvent): Json => ({
		type: "command",
		command: hookCommand({ ...paths, waitsAtStop: !knowsOnFailure }, event),
		timeout: CLAUDE_TIMEOUT_S,
		...(knowsOnFailure && event !== "UserPromptSubmit" && { onFailure: "block" }),
	})
	return {
		PreToolUse: entry("PreToolUse"),
		PostToolUse: entry("PostToolUse"),
		UserPromptSubmit: entry("UserPromptSubmit"),
	}
}

const runs = (hook: unknown, script: RegExp): boolean =>
	isObject(hook) && typeof hook.command === "string" && script.test(hook.command)
const isOurs = (hook: unknown): boolean => runs(hook, /alert-webhook\/(?:workflows\/)?gate\/hook\.mjs'/)
const isApproval = (hook: unknown): boolean => runs(hook, /alert-webhook\/workflows\/gate\/approve\.mjs'/)

const isAny = (hook: unknown): boolean => isOurs(hook) || isApproval(hook)

/** Whether these settings ask a person about calls that rules name. */
export const hasApprovals = (settings: unknown): boolean => hooksAt(settings, "PreToolUse").some(isApproval)

/** The entry that asks a person about calls that rules name. `script` is approve.mjs. */
export const approvalHook = (paths: HookPaths, { knowsOnFailure }: { readonly knowsOnFailure: boolean }): Json => ({
	type: "command",
	command: approvalCommand(paths),
	timeout: CLAUDE_TIMEOUT_S,
	...(knowsOnFailure && { onFailure: "block" }),
})

/**
 * Settings of Claude Code with our hooks added and everything else unchanged; older entries of ours are replaced.
 *
 * @throws ObservatoryError `source_malformed` when Claude Code would not accept the settings either
 */
export function withHooks(settings: unknown, ours: GateHooks, approval?: Json): Json {
	const clean = withoutHooks(settings)
	const hooks: Json = isObject(clean.hooks) ? { ...clean.hooks } : {}
	for (const event of EVENTS) {
		const others = Array.isArray(hooks[event]) ? hooks[event] : []
		// First, so that no other hook runs during a stop.
		const asked = event === "PreToolUse" && approval !== undefined ? [approval] : []
		hooks[event] = [{ matcher: "*", hooks: [ours[event], ...asked] }, ...others]
	}
	return { ...clean, hooks }
}

/** Settings without our hooks, and without the empty objects that this leaves. */
export function withoutHooks(settings: unknown): Json {
	if (!isObject(settings)) throw malformed("the settings are not an object")
	if (settings.hooks !== undefined && !isObject(settings.hooks)) throw malformed("hooks is not an object")
	if (settings.hooks === undefined) return settings
	const hooks = Object.entries(settings.hooks).flatMap(([event, entries]) => {
		if (!Array.isArray(entries)) {
			if ((EVENTS as readonly string[]).includes(event)) throw malformed(`hooks.${event} is not a list`)
			return [[event, entries] as const]
		}
		const kept = entries.flatMap(withoutOurs)
		return kept.length > 0 || entries.length === 0 ? [[event, kept] as const] : []
	})
	const { hooks: before, ...otherSettings } = settings
	if (hooks.length > 0 || Object.keys(before).length === 0) return { ...settings, hooks: Object.fromEntries(hooks) }
	return otherSettings
}

/** The entry without our hooks; none when it has no other. */
function withoutOurs(entry: unknown): unknown[] {
	if (!isObject(entry) || !Array.isArray(entry.hooks) || !entry.hooks.some(isAny)) return [entry]
	const others = entry.hooks.filter((hook) => !isAny(hook))
	return others.length > 0 ? [{ ...entry, hooks: others }] : []
}

const malformed = (problem: string) =>
	new ObservatoryError("source_malformed", `The settings of Claude Code cannot be changed: ${problem}.`, {
		advice: "Correct the file first; nothing was written.",
	})

/** The longest age of the flag, in milliseconds, in the installed hook; undefined without a hook. */
export function installedMaxAge(settings: unknown): number | undefined {
	const { command } = hooksAt(settings, "PreToolUse").find(isOurs) ?? {}
	const [, age] = (typeof command === "string" && /'(\d+)'(?:\\'')? (?:'(?:\\'')?PreToolUse|<&3 )/.exec(command)) || []
	return age === undefined ? undefined : Number(age)
}

/** Whether the installed hook has `onFailure`, which older versions of Claude Code do not know. */
export const installedOnFailure = (settings: unknown): boolean =>
	EVENTS.some((event) => hooksAt(settings, event).some((hook) => isOurs(hook) && "onFailure" in hook))

/** The command that these settings run before a tool; undefined without a hook of ours. */
export function installedCommand(settings: unknown): string | undefined {
	const { command } = hooksAt(settings, "PreToolUse").find(isOurs) ?? {}
	return typeof command === "string" ? command : undefined
}

/** The reason why Claude Code, with these settings, asks no gate at all or not at each event; undefined when it does. */
export function whyNotAsked(settings: unknown): string | undefined {
	if (isObject(settings) && (settings.disableAllHooks ?? false) !== false)
		return "turns all hooks off with disableAllHooks"
	const lacks = EVENTS.filter((event) => !hooksAt(settings, event).some(isOurs))
	return lacks.length > 0 ? `does not have the gate's hook at ${lacks.join(", ")}` : undefined
}

/**
 * The reason why Claude Code does not run the gate, with these settings, before each tool call; undefined when it does.
 */
export function whyNotActive(settings: unknown, wanted: GateHooks): string | undefined {
	if (isObject(settings) && (settings.disableAllHooks ?? false) !== false)
		return "turns all hooks off with disableAllHooks"
	for (const event of EVENTS) {
		const ours = hooksAt(settings, event).find(isOurs)
		if (ours === undefined) return event === "PreToolUse" ? "does not have the gate's hook" : "has an old gate"
		// Anything else in it, such as a shorter timeout, may let calls through.
		if (!isDeepStrictEqual(ours, wanted[event])) return "has another hook of the gate than it should"
	}
	return undefined
}

/** The hooks for every tool at an event. */
function hooksAt(settings: unknown, event: GateEvent): readonly Json[] {
	if (!isObject(settings) || !isObject(settings.hooks)) return []
	const entries = settings.hooks[event]
	if (!Array.isArray(entries)) return []
	return entries.flatMap((entry: unknown) =>
		isObject(entry) &&
		Array.isArray(entry.hooks) &&
		(entry.matcher === "*" || entry.matcher === undefined || entry.matcher === "")
			? entry.hooks.filter(isObject)
			: [],
	)
}
