import path from "node:path"
import { MOST_CALL_BYTES } from "../../domain/approvals.ts"
import { namesIn, prepareDropBox, readDropped } from "./drop-box.ts"

/** The most calls of one report. */
const MOST_CALLS = 5

/** The folder in which calls wait for a person; approve.mjs repeats the name. */
const callsFolder = (flag: string): string => `${flag}.calls`

/** Creates the folder of calls. */
export const prepareCalls = (flag: string): void => prepareDropBox(callsFolder(flag))

/** Calls that wait on this host, as their hooks wrote them, by hash; without those of `known`. */
export async function readCalls(flag: string, known: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
	const names = namesIn(callsFolder(flag), /^[0-9a-f]{64}$/).filter((name) => !known.has(name))
	const calls = new Map<string, string>()
	for (const name of names.slice(0, MOST_CALLS)) {
		const body = await readBody(path.join(callsFolder(flag), name))
		if (body !== undefined) calls.set(name, body)
	}
	return calls
}

const readBody = (file: string): Promise<string | undefined> =>
	readDropped(file, async (opened, stat) =>
		stat.isFile() && stat.size <= MOST_CALL_BYTES ? opened.readFile("utf8") : undefined,
	)
