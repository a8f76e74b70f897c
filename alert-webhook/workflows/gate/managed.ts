import path from "node:path"

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

/** The settings of Claude Code that only an administrator of the host can change. */
export const managedSettingsFile = (platform: NodeJS.Platform = process.platform): string =>
	platform === "darwin"
		? "/Library/Application Support/ClaudeCode/managed-settings.json"
		: "/etc/claude-code/managed-settings.json"

export const isManaged = (file: string): boolean => path.basename(file) === "managed-settings.json"

/**
 * Variables that load code into every program, the hook's shell included, before it clears its environment; and those
 * with which some versions of Claude Code run no hooks, or run them through another program.
 */
const LOADERS = [
	"LD_PRELOAD",
	"LD_AUDIT",
	"NODE_OPTIONS",
	"DYLD_INSERT_LIBRARIES",
	"DYLD_FORCE_FLAT_NAMESPACE",
	"CLAUDE_CODE_SHELL_PREFIX",
	"CLAUDE_CODE_SIMPLE",
]

/** Managed settings have the last word: no other settings can turn their hooks off or set these variables. */
const CLEARED: Json = Object.fromEntries(LOADERS.map((name) => [name, ""]))
const LOCKED: Json = { allowManagedHooksOnly: true, disableAllHooks: false }

/** Managed settings that protect the gate; an administrator's own values of variables stay. */
export function withProtection(settings: Json): Json {
	const env = isObject(settings.env) ? settings.env : {}
	return { ...settings, ...LOCKED, env: { ...CLEARED, ...env } }
}

/** Without what `withProtection` added: `before` is what the file had before the gate. */
export function withoutProtection(settings: Json, before: unknown): Json {
	const original = isObject(before) ? before : {}
	const kept = restored(settings, LOCKED, original)
	if (!isObject(kept.env)) return kept
	const env = restored(kept.env, CLEARED, isObject(original.env) ? original.env : {})
	const { env: _, ...rest } = kept
	return Object.keys(env).length > 0 || isObject(original.env) ? { ...kept, env } : rest
}

/** Our values of `ours` are replaced by those of `original`, or removed. Other values are a person's. */
const restored = (settings: Json, ours: Json, original: Json): Json =>
	Object.fromEntries(
		Object.entries(settings).flatMap(([key, value]) => {
			if (!(key in ours) || value !== ours[key]) return [[key, value]]
			return key in original ? [[key, original[key]]] : []
		}),
	)

/** The reason why managed settings do not protect the gate; undefined when they do. */
export function whyNotManaged(settings: unknown): string | undefined {
	if (!isObject(settings) || settings.allowManagedHooksOnly !== true)
		return "lets other settings change the hooks: allowManagedHooksOnly is not true"
	const env = isObject(settings.env) ? settings.env : {}
	const open = LOADERS.filter((name) => !(name in env))
	return open.length > 0 ? `lets a project set ${open.join(", ")} for the hook` : undefined
}

/** What a hook in settings of a user or a project cannot prevent. Measured: docs/stop.md. */
export const USER_SETTINGS_LIMITS: readonly string[] = [
	"A project turns it off with disableAllHooks in its .claude/settings.json.",
	"A project loads code into it with LD_PRELOAD or LD_AUDIT in the env of its .claude/settings.json, or replaces it with CLAUDE_CODE_SHELL_PREFIX.",
	"Sessions start without it: --bare, --safe-mode, --restricted, --setting-sources without user, and --settings with disableAllHooks.",
	"An agent of this user can edit the file.",
]
