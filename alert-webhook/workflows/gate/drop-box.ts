import { chmodSync, constants, mkdirSync, readdirSync, type Stats, statSync } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { isMissing } from "../../../core/lib/files.ts"

/** Creates a folder into which sessions of every user may write; none may list it or remove another's file. */
export function prepareDropBox(folder: string): void {
	try {
		mkdirSync(folder, { recursive: true })
		if ((statSync(folder).mode & 0o7777) !== 0o1733) chmodSync(folder, 0o1733)
	} catch {
		// On a full disk for example: the flag matters more, and a missing folder is found by what is not in it.
	}
}

/** The files of a folder whose names have the form; none where there is no folder. */
export function namesIn(folder: string, form: RegExp): string[] {
	try {
		return readdirSync(folder).filter((name) => form.test(name))
	} catch (error) {
		if (isMissing(error)) return []
		throw error
	}
}

/** Reads a file that a session wrote; undefined when it is gone meanwhile, or nothing that a hook wrote. */
export async function readDropped(
	file: string,
	read: (opened: FileHandle, stat: Stats) => Promise<string | undefined>,
): Promise<string | undefined> {
	try {
		// A session may have put anything there: neither a link nor a pipe is opened.
		const opened = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
		try {
			return await read(opened, await opened.stat())
		} finally {
			await opened.close()
		}
	} catch {
		return undefined
	}
}
