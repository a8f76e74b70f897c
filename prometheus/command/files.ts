import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import path from "node:path"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { isMissing } from "../../core/lib/files.ts"

const MAX_BYTES = 32_000_000

/** Content of each output file by its path below the output directory; null where a file has to go. */
export type Plan = ReadonlyMap<string, string | null>

/** Text of a file that a person wrote. @throws ObservatoryError `file_unreadable`, `too_large` */
export function readText(file: string): string {
	try {
		const stat = statSync(file)
		if (stat.size > MAX_BYTES)
			throw new ObservatoryError("too_large", `${file} has ${stat.size} bytes; at most ${MAX_BYTES} are read`)
		if (stat.isCharacterDevice() || stat.isBlockDevice() || stat.isSocket())
			throw new ObservatoryError("file_unreadable", `${file} cannot be read: it is a device, not a file`)
		return decoded(file, readFileSync(file))
	} catch (error) {
		if (error instanceof ObservatoryError) throw error
		const code = (error as NodeJS.ErrnoException).code ?? ""
		throw new ObservatoryError("file_unreadable", `${file} cannot be read: ${WHY[code] ?? code}`, { cause: error })
	}
}

const WHY: Readonly<Record<string, string>> = {
	ENOENT: "it does not exist",
	EISDIR: "it is a directory",
	EACCES: "it may not be read",
}

/** Characters that no text has; a terminal would obey some of them when their line is shown. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/

function decoded(file: string, bytes: Buffer): string {
	const text = bytes.toString("utf8").replace(/^\uFEFF/, "")
	const at = text.search(CONTROL)
	if (at < 0) return text
	const line = text.slice(0, at).split("\n").length
	throw new ObservatoryError("file_unreadable", `${file}:${line}: error: this line is not text in UTF-8`, {
		advice: "Save the file as UTF-8, and take out what is not text.",
	})
}

/**
 * Files still say what was read from them. @throws ObservatoryError `conflict` when one was saved meanwhile:
 * the result would be about an old text
 */
export function assertUnchanged(read: readonly { readonly file: string; readonly text: string }[]): void {
	// A pipe gives its text once.
	const again = read.filter(({ file }) => statSync(file, { throwIfNoEntry: false })?.isFIFO() !== true)
	const changed = again.filter(({ file, text }) => readText(file) !== text).map(({ file }) => file)
	if (changed.length === 0) return
	throw new ObservatoryError("conflict", `${changed.join(" and ")} changed while being compiled; nothing was written`, {
		advice: "Run the command again once it is saved.",
	})
}

/** Names in a directory; none when it is not there. */
export function listDirectory(directory: string): string[] {
	try {
		return readdirSync(directory)
	} catch (error) {
		if (isMissing(error)) return []
		throw new ObservatoryError("file_unreadable", `${directory} cannot be listed`, { cause: error })
	}
}

/** Whether a file is there and has something in it. */
export function isFilled(file: string): boolean {
	const stat = statSync(file, { throwIfNoEntry: false })
	return stat?.isFile() === true && stat.size > 0
}

/** Text of a file; null when it is not there. @throws ObservatoryError `file_unreadable` */
export function readIfThere(file: string): string | null {
	try {
		return readFileSync(file, "utf8")
	} catch (error) {
		if (isMissing(error)) return null
		throw new ObservatoryError("file_unreadable", `${file} cannot be read`, { cause: error })
	}
}

export interface Change {
	readonly file: string
	readonly before: string | null
	readonly after: string | null
}

/** The files of the plan that differ from those below the directory. */
export function changes(directory: string, plan: Plan): Change[] {
	return [...plan].flatMap(([name, after]) => {
		const before = readIfThere(path.join(directory, name))
		return before === after ? [] : [{ file: name, before, after }]
	})
}

/**
 * Puts all changes into place or none: everything is written beside its target first, and what was already renamed is
 * put back when a later one fails.
 */
export function apply(directory: string, list: readonly Change[]): void {
	const suffix = `.${process.pid}.tmp`
	const done: Change[] = []
	try {
		for (const { file, after } of list) {
			const target = path.join(directory, file)
			mkdirSync(path.dirname(target), { recursive: true })
			if (after === null) continue
			writeFileSync(`${target}${suffix}`, after)
			// Servers read it as other users, whatever the writer's umask.
			chmodSync(`${target}${suffix}`, 0o644)
		}
		for (const change of list) {
			const target = path.join(directory, change.file)
			if (change.after === null) rmSync(target, { force: true })
			else renameSync(`${target}${suffix}`, target)
			done.push(change)
		}
	} catch (error) {
		for (const { file, before } of done) {
			const target = path.join(directory, file)
			if (before === null) rmSync(target, { force: true })
			else writeFileSync(target, before)
		}
		for (const { file } of list) rmSync(path.join(directory, `${file}${suffix}`), { force: true })
		throw new ObservatoryError(
			"file_unreadable",
			`the output below ${directory} could not be written; it is as it was`,
			{ cause: error, advice: "Check the directory's owner and the free space." },
		)
	}
}

/** The same changes the other way round. */
export const reversed = (list: readonly Change[]): Change[] =>
	list.map(({ file, before, after }) => ({ file, before: after, after: before }))
