import { readdir, readFile, stat } from "node:fs/promises"
import path from "node:path"
import { z } from "zod"
import { messageOf } from "../../core/lib/errors.ts"
import { isMissing } from "../../core/lib/files.ts"
import { type Board, parseBoard } from "../domain/boards/model.ts"

/** A board with the revision of its file. */
export interface BoardFile {
	readonly board: Board
	readonly revision: string
}

export interface BoardFiles {
	/** The boards of the folder, and the files that are none. A file that has changed is read again. */
	list(): Promise<{ readonly boards: readonly BoardFile[]; readonly problems: readonly string[] }>
}

type Read =
	| { readonly revision: string; readonly board: Board }
	| { readonly revision: string; readonly problem: string }

/** Reads dashboards in Grafana's JSON model, `ROLE/NAME.json` below `folder`. */
export function createBoardFiles(folder: string): BoardFiles {
	const known = new Map<string, Read>()
	const readOne = async (file: string): Promise<Read> => {
		const { mtimeMs, size } = await stat(path.join(folder, file))
		const revision = `${mtimeMs}-${size}`
		const before = known.get(file)
		if (before?.revision === revision) return before
		const role = path.dirname(file)
		try {
			const json: unknown = JSON.parse(await readFile(path.join(folder, file), "utf8"))
			return { revision, board: parseBoard(json, role === "." ? "other" : role) }
		} catch (error) {
			return { revision, problem: `${file}: ${wordsOf(error)}` }
		}
	}
	return {
		async list() {
			const files = (await filesIn(folder)).sort()
			const found = await Promise.all(files.map(async (file) => [file, await readOne(file)] as const))
			known.clear()
			for (const [file, read] of found) known.set(file, read)
			const reads = found.map(([, read]) => read)
			return {
				boards: reads.flatMap((read) => ("board" in read ? [read] : [])),
				problems: reads.flatMap((read) => ("problem" in read ? [read.problem] : [])),
			}
		},
	}
}

async function filesIn(folder: string): Promise<string[]> {
	try {
		return (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".json"))
	} catch (error) {
		if (isMissing(error)) return []
		throw error
	}
}

function wordsOf(error: unknown): string {
	if (!(error instanceof z.ZodError)) return messageOf(error)
	return error.issues
		.slice(0, 3)
		.map(({ path: at, message }) => `${at.join(".") || "the file"}: ${message}`)
		.join("; ")
}
