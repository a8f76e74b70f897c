import { createHash } from "node:crypto"
import type { Dirent } from "node:fs"
import { open, readdir, stat } from "node:fs/promises"
import path from "node:path"
import { isMissing } from "../../../core/lib/files.ts"

export interface TranscriptFile {
	readonly path: string
	/** Device and inode. */
	readonly identity: string
	readonly size: number
	readonly changedAt: number
	/** The session of its path. */
	readonly session: string
	readonly subagent: boolean
	/** Of a subagent's file, as far as the file beside it says. */
	readonly agent?: AgentNames
}

/** A subagent by its name and that of the agent that started it. */
export interface AgentNames {
	readonly agent?: string
	readonly parent?: string
}

/** A file or folder that cannot be read, and why. */
export interface Unreadable {
	readonly path: string
	readonly kind: "file" | "folder"
	readonly reason: string
}

export interface Listing {
	readonly files: readonly TranscriptFile[]
	readonly unreadable: readonly Unreadable[]
}

/** Files and folders below one root. A year of daily work has a tenth of it. */
const MOST_ENTRIES = 100_000

/**
 * All transcripts under the given `projects` folders, also behind links, each once. A folder that does not exist has none;
 * one that cannot be read is reported, and stops no other. Of each root, at most `mostEntries` files and folders are
 * visited: a link may lead to the whole disk.
 */
export async function listTranscripts(roots: readonly string[], mostEntries = MOST_ENTRIES): Promise<Listing> {
	const files = new Map<string, TranscriptFile>()
	const unreadable: Unreadable[] = []
	const visited = new Set<string>()

	const visit = async (root: string, folder: string, parents: readonly string[]): Promise<void> => {
		const at = path.join(root, folder)
		await attempt("folder", at, async () => {
			const identity = identityOf(await stat(at))
			if (parents.includes(identity)) {
				unreadable.push({ path: at, kind: "folder", reason: "it links to a folder that contains it" })
				return
			}
			if (visited.has(identity)) return
			visited.add(identity)
			const entries = await readdir(at, { withFileTypes: true })
			for (const entry of entries.sort(linksLast))
				await enter(root, path.join(folder, entry.name), entry, [...parents, identity])
		})
	}

	let left = mostEntries
	const enter = async (root: string, relative: string, entry: Dirent, parents: readonly string[]): Promise<void> => {
		if (left-- <= 0) return
		if (entry.isDirectory()) return visit(root, relative, parents)
		if (!entry.isSymbolicLink() && !relative.endsWith(".jsonl")) return
		const at = path.join(root, relative)
		await attempt("file", at, async () => {
			const found = await stat(at)
			if (found.isDirectory()) return visit(root, relative, parents)
			if (!found.isFile() || !relative.endsWith(".jsonl")) return
			const identity = identityOf(found)
			if (files.has(identity)) return
			const { size, mtimeMs: changedAt } = found
			files.set(identity, { path: at, identity, size, changedAt, ...ownerOf(relative) })
		})
	}

	const attempt = async (kind: Unreadable["kind"], at: string, work: () => Promise<void>): Promise<void> => {
		try {
			await work()
		} catch (error) {
			if (!isMissing(error)) unreadable.push({ path: at, kind, reason: reasonOf(error) })
		}
	}

	for (const root of roots) {
		left = mostEntries
		await visit(root, "", [])
		if (left < 0) unreadable.push({ path: root, kind: "folder", reason: `it has more than ${mostEntries} entries` })
	}
	return { files: [...files.values()], unreadable }
}

const identityOf = ({ dev, ino }: { dev: number; ino: number }): string => `${dev}:${ino}`

/** The real file or folder is read under its own name. */
const linksLast = (a: Dirent, b: Dirent): number =>
	Number(a.isSymbolicLink()) - Number(b.isSymbolicLink()) || (a.name < b.name ? -1 : 1)

const REASONS: Readonly<Record<string, string>> = {
	EACCES: "permission denied",
	EPERM: "permission denied",
	ELOOP: "the link leads to itself",
	ENAMETOOLONG: "the path is too long",
	EISDIR: "it is a folder",
	EIO: "the disk reports an error",
}

/** The reason of an error of the file system. */
export function reasonOf(error: unknown): string {
	const code = error instanceof Error && "code" in error ? String(error.code) : ""
	return REASONS[code] ?? (code || String(error))
}

/**
 * The session of a file, by its path below the root: `<project>/<session>.jsonl`, or
 * `<project>/<session>/subagents/….jsonl`.
 */
export function ownerOf(relative: string): { session: string; subagent: boolean } {
	const parts = relative.split(path.sep)
	const subagents = parts.indexOf("subagents", 1)
	if (subagents > 0 && subagents < parts.length - 1) return { session: parts[subagents - 1] ?? "", subagent: true }
	return { session: path.basename(relative, ".jsonl"), subagent: false }
}

const MARK_BYTES = 1024

/** A hash of the first and the last bytes before `readTo`: it differs once they are rewritten. */
export async function markOf(file: string, readTo: number): Promise<string> {
	const handle = await open(file, "r")
	try {
		const hash = createHash("sha256")
		const buffer = Buffer.alloc(Math.min(MARK_BYTES, readTo))
		for (const from of [0, Math.max(0, readTo - MARK_BYTES)]) {
			const { bytesRead } = await handle.read(buffer, 0, buffer.length, from)
			hash.update(buffer.subarray(0, bytesRead))
		}
		return hash.digest("base64url")
	} finally {
		await handle.close()
	}
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
