import { chmodSync, constants, mkdirSync, readdirSync, statSync } from "node:fs"
import { open } from "node:fs/promises"
import path from "node:path"
import { isMissing } from "../../../core/lib/files.ts"
import { MOST_CALL_BYTES } from "../../domain/approvals.ts"

/** The most calls of one report. */
const MOST_CALLS = 5

/** The folder in which calls wait for a person; approve.mjs repeats the name. */
const callsFolder = (flag: string): string => `${flag}.calls`

/** Creates the folder of calls. Sessions of every user may write into it, none may list it or remove another's file. */
export function prepareCalls(flag: string): void {
	const folder = callsFolder(flag)
	try {
		mkdirSync(folder, { recursive: true })
		if ((statSync(folder).mode & 0o7777) !== 0o1733) chmodSync(folder, 0o1733)
	} catch {
		// On a full disk for example: the flag matters more, and a missing folder is found by what is not in it.
	}
}

/** Calls that wait on this host, as their hooks wrote them, by hash; without those of `known`. */
export async function readCalls(flag: string, known: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
	const names = namesIn(callsFolder(flag)).filter((name) => !known.has(name))
	const calls = new Map<string, string>()
	for (const name of names.slice(0, MOST_CALLS)) {
		const body = await readBody(path.join(callsFolder(flag), name))
		if (body !== undefined) calls.set(name, body)
	}
	return calls
}

async function readBody(file: string): Promise<string | undefined> {
	try {
		// A session may have put anything there: neither a link nor a pipe is opened.
		const opened = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
		try {
			const stat = await opened.stat()
			if (!stat.isFile() || stat.size > MOST_CALL_BYTES) return undefined
			return await opened.readFile("utf8")
		} finally {
			await opened.close()
		}
	} catch {
		// Decided meanwhile, or nothing that a hook wrote.
		return undefined
	}
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder).filter((name) => /^[0-9a-f]{64}$/.test(name))
	} catch (error) {
		if (isMissing(error)) return []
		throw error
	}
}
