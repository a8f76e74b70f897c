import { open, readdir, stat } from "node:fs/promises"
import path from "node:path"
import { isMissing } from "../../../core/lib/files.ts"

export interface TranscriptFile {
	readonly path: string
	/** Device and inode. */
	readonly identity: string
	readonly size: number
	/** The session of its path. */
	readonly session: string
	readonly subagent: boolean
}

/** All transcripts under the given `projects` folders. A folder that does not exist has none. */
export async function listTranscripts(roots: readonly string[]): Promise<TranscriptFile[]> {
	const files: TranscriptFile[] = []
	for (const root of roots) {
		for (const relative of await entriesOf(root)) {
			if (!relative.endsWith(".jsonl")) continue
			const file = path.join(root, relative)
			const found = await statOf(file)
			if (found) files.push({ path: file, ...found, ...ownerOf(file) })
		}
	}
	return files
}

async function entriesOf(root: string): Promise<string[]> {
	try {
		return await readdir(root, { recursive: true })
	} catch (error) {
		if (isMissing(error)) return []
		throw error
	}
}

/** Undefined when the file was deleted after it was listed. */
async function statOf(file: string): Promise<{ identity: string; size: number } | undefined> {
	try {
		const found = await stat(file)
		return found.isFile() ? { identity: `${found.dev}:${found.ino}`, size: found.size } : undefined
	} catch (error) {
		if (isMissing(error)) return undefined
		throw error
	}
}

/** `<project>/<session>.jsonl`, or `<project>/<session>/subagents/….jsonl`. */
export function ownerOf(file: string): { session: string; subagent: boolean } {
	const parts = file.split(path.sep)
	const subagents = parts.lastIndexOf("subagents")
	if (subagents > 0 && subagents < parts.length - 1) return { session: parts[subagents - 1] ?? "", subagent: true }
	return { session: path.basename(file, ".jsonl"), subagent: false }
}

/** Most bytes read at once; a longer line is skipped. */
const CHUNK_BYTES = 8 * 1024 * 1024

export interface Chunk {
	readonly lines: readonly string[]
	/** Offset of the next read: behind the last complete line. */
	readonly readTo: number
	/** Lines longer than a chunk, which were skipped. */
	readonly tooLong: number
	/** The end of the file, or of its last complete line, is reached. */
	readonly atEnd: boolean
}

/** Reads complete lines from `from` on. An unfinished line is left for the next read. */
export async function readChunk(file: string, from: number, chunkBytes = CHUNK_BYTES): Promise<Chunk> {
	const handle = await open(file, "r")
	try {
		const buffer = Buffer.alloc(Math.min(chunkBytes, Math.max(0, (await handle.stat()).size - from)))
		const { bytesRead } = await handle.read(buffer, 0, buffer.length, from)
		const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a)
		if (end >= 0) {
			const lines = buffer.toString("utf8", 0, end).split("\n")
			return {
				lines: lines.filter((line) => line.trim() !== ""),
				readTo: from + end + 1,
				tooLong: 0,
				atEnd: bytesRead < chunkBytes,
			}
		}
		if (bytesRead < chunkBytes) return { lines: [], readTo: from, tooLong: 0, atEnd: true }
		const next = await nextLine(handle, from + bytesRead, chunkBytes)
		if (next === undefined) return { lines: [], readTo: from, tooLong: 0, atEnd: true }
		return { lines: [], readTo: next, tooLong: 1, atEnd: false }
	} finally {
		await handle.close()
	}
}

/** Offset of the next line; undefined while the current one has no end. */
async function nextLine(
	handle: Awaited<ReturnType<typeof open>>,
	from: number,
	chunkBytes: number,
): Promise<number | undefined> {
	const buffer = Buffer.alloc(chunkBytes)
	for (let at = from; ; ) {
		const { bytesRead } = await handle.read(buffer, 0, buffer.length, at)
		if (bytesRead === 0) return undefined
		const end = buffer.subarray(0, bytesRead).indexOf(0x0a)
		if (end >= 0) return at + end + 1
		at += bytesRead
	}
}
