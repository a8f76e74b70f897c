import { mkdirSync, readFileSync, readlinkSync, realpathSync, statSync, writeFileSync } from "node:fs"
import path from "node:path"
import { isDeepStrictEqual } from "node:util"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { writeAtomic } from "../../../core/lib/files.ts"
import { findJsonFault } from "../../../core/lib/json.ts"

interface SettingsFile {
	/** Undefined when there is no such file. */
	readonly text: string | undefined
	readonly settings: unknown
}

/**
 * Settings of Claude Code; a missing file is like an empty object.
 *
 * @throws ObservatoryError `file_unreadable` or `source_malformed`
 */
export function readSettings(file: string): SettingsFile {
	const text = unlessMissing(() => readFileSync(file, "utf8"), file)
	const fault = findJsonFault(text ?? "{}")
	if (fault)
		throw new ObservatoryError(
			"source_malformed",
			`${file}:${fault.line}:${fault.column}: this is not JSON: ${fault.problem}`,
			{
				// Verified with 2.1.197 and 2.1.332; so to keep comments and install the hook would install a gate that is never asked.
				advice: "Correct it first; nothing was written. Claude Code ignores a file with comments or trailing commas.",
			},
		)
	return { text, settings: JSON.parse(text ?? "{}") }
}

/**
 * Changes a settings file atomically, at the target of links. A copy from before the first change stays beside it as
 * `.before-gate`; later changes are our own. `change` gets the settings and those of the copy. A `shared` file that is
 * new can be read by every user.
 */
export function editSettings(
	file: string,
	change: (settings: unknown, before: unknown) => object,
	{ shared = false }: { readonly shared?: boolean } = {},
): void {
	const real = unlessMissing(() => realpathSync(file), file) ?? targetOf(file)
	const copy = `${real}.before-gate`
	const { text, settings } = readSettings(real)
	const changed = change(settings, readSettings(copy).settings)
	if (isDeepStrictEqual(changed, settings)) return
	mkdirSync(path.dirname(real), { recursive: true, mode: shared ? 0o755 : 0o700 })
	const mode = text === undefined ? (shared ? 0o644 : 0o600) : statSync(real).mode & 0o777
	if (text !== undefined) writeOnce(copy, text, mode)
	writeAtomic(real, `${JSON.stringify(changed, null, /^\{\r?\n([ \t]+)/.exec(text ?? "")?.[1] ?? 2)}\n`, mode)
}

/** The target of a link whose target does not exist yet. */
function targetOf(file: string): string {
	try {
		return path.resolve(path.dirname(file), readlinkSync(file))
	} catch (error) {
		if (/^(ENOENT|EINVAL)$/.test(codeOf(error))) return file
		throw unreadable(file, error)
	}
}

function writeOnce(file: string, text: string, mode: number): void {
	try {
		writeFileSync(file, text, { mode, flag: "wx" })
	} catch (error) {
		if (codeOf(error) !== "EEXIST") throw error
	}
}

function unlessMissing<T>(read: () => T, file: string): T | undefined {
	try {
		return read()
	} catch (error) {
		if (codeOf(error) === "ENOENT") return undefined
		throw unreadable(file, error)
	}
}

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException).code)

const unreadable = (file: string, cause: unknown) =>
	new ObservatoryError("file_unreadable", `${file} cannot be read`, { cause })
