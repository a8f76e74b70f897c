import { rmSync } from "node:fs"
import path from "node:path"
import { namesIn, prepareDropBox, readDropped } from "./drop-box.ts"

/** The longest answer and the most sessions of one report. */
const MOST_BYTES = 200
const MOST_ANSWERS = 500
/** A session that has not answered for this long needs no file, in milliseconds. */
const KEEP_MS = 600_000

/** The folder in which the hook writes its answers; hook.mjs repeats the name. */
export const answersFolder = (flag: string): string => `${flag}.answers`

/** Creates the folder of answers. */
export const prepareAnswers = (flag: string): void => prepareDropBox(answersFolder(flag))

export interface Answer {
	/** The session whose hook answered. */
	readonly id: string
	readonly challenge: string
}

/** The answers of this host's hooks, the latest of each session. Old files are removed. */
export async function readAnswers(flag: string, now: number): Promise<readonly Answer[]> {
	const folder = answersFolder(flag)
	// Of more files than sessions some are left out: these sessions then count as not stoppable, which is noticed.
	const names = namesIn(folder, /^[\w-]{1,100}$/).slice(0, 4 * MOST_ANSWERS)
	const answers = await Promise.all(names.map((id) => readAnswer(path.join(folder, id), id, now)))
	return answers.flatMap((answer) => answer ?? []).slice(0, MOST_ANSWERS)
}

async function readAnswer(file: string, id: string, now: number): Promise<Answer | undefined> {
	const challenge = await readDropped(file, async (opened, stat) => {
		if (!stat.isFile() || stat.size > MOST_BYTES || now - stat.mtimeMs > KEEP_MS) {
			rmSync(file, { force: true })
			return undefined
		}
		const { buffer, bytesRead } = await opened.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0)
		return buffer.toString("utf8", 0, bytesRead)
	})
	return challenge === undefined ? undefined : { id, challenge }
}
