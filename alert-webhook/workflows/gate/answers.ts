import { chmodSync, constants, mkdirSync, readdirSync, rmSync, statSync } from "node:fs"
import { open } from "node:fs/promises"
import path from "node:path"
import { isMissing } from "../../../core/lib/files.ts"

/** The longest answer and the most sessions of one report. */
const MOST_BYTES = 200
const MOST_ANSWERS = 500
/** A session that has not answered for this long needs no file, in milliseconds. */
const KEEP_MS = 600_000

/** The folder in which the hook writes its answers; hook.mjs repeats the name. */
export const answersFolder = (flag: string): string => `${flag}.answers`

/**
 * Creates the folder of answers. Sessions of every user may write into it, none may list it or remove another's file.
 */
export function prepareAnswers(flag: string): void {
	const folder = answersFolder(flag)
	try {
		mkdirSync(folder, { recursive: true })
		if ((statSync(folder).mode & 0o7777) !== 0o1733) chmodSync(folder, 0o1733)
	} catch {
		// On a full disk for example: the flag matters more, and a missing folder is found by what is not in it.
	}
}

export interface Answer {
	/** The session whose hook answered. */
	readonly id: string
	readonly challenge: string
}

/** The answers of this host's hooks, the latest of each session. Old files are removed. */
export async function readAnswers(flag: string, now: number): Promise<readonly Answer[]> {
	const folder = answersFolder(flag)
	const answers = await Promise.all(namesIn(folder).map((id) => readAnswer(path.join(folder, id), id, now)))
	return answers.flatMap((answer) => answer ?? []).slice(0, MOST_ANSWERS)
}

async function readAnswer(file: string, id: string, now: number): Promise<Answer | undefined> {
	try {
		// A session may have put anything there: neither a link nor a pipe is opened.
		const opened = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
		try {
			const stat = await opened.stat()
			if (!stat.isFile() || stat.size > MOST_BYTES || now - stat.mtimeMs > KEEP_MS) {
				rmSync(file, { force: true })
				return undefined
			}
			const { buffer, bytesRead } = await opened.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0)
			return { id, challenge: buffer.toString("utf8", 0, bytesRead) }
		} finally {
			await opened.close()
		}
	} catch {
		// Removed meanwhile, or nothing that a hook wrote: no answer.
		return undefined
	}
}

function namesIn(folder: string): string[] {
	try {
		// Of more files than sessions some are left out: these sessions then count as not stoppable, which is noticed.
		return readdirSync(folder)
			.filter((name) => /^[\w-]{1,100}$/.test(name))
			.slice(0, 4 * MOST_ANSWERS)
	} catch (error) {
		if (isMissing(error)) return []
		throw error
	}
}
