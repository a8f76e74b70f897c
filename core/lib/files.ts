import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"

/** Whether an error of the file system says that there is no such file. */
export const isMissing = (error: unknown): boolean =>
	error instanceof Error && "code" in error && error.code === "ENOENT"

/**
 * Writes a file, and the folders that it is in, whole or not at all: a reader sees the old content or the new one. It
 * has exactly `mode`, when that is given.
 */
export function writeAtomic(file: string, content: string | Uint8Array, mode?: number): void {
	mkdirSync(path.dirname(file), { recursive: true })
	const draft = `${file}.${process.pid}.new`
	try {
		// Another user may have put a link there, in a folder that both can write to.
		rmSync(draft, { force: true })
		writeFileSync(draft, content, { mode: mode ?? 0o666, flag: "wx" })
		if (mode !== undefined) chmodSync(draft, mode)
		renameSync(draft, file)
	} catch (error) {
		rmSync(draft, { force: true })
		throw error
	}
}

const DRAFT = /\.(\d+)\.new$/

/**
 * Removes the drafts in `folder` that processes left which were killed while they wrote. Call it before this process
 * writes there itself. Returns their names.
 */
export function removeDrafts(folder: string): string[] {
	const left = namesIn(folder).filter((name) => {
		const pid = Number(DRAFT.exec(name)?.[1])
		return pid > 0 && (pid === process.pid || !isRunning(pid))
	})
	for (const name of left) rmSync(path.join(folder, name), { force: true })
	return left
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder)
	} catch (error) {
		if (isMissing(error)) return []
		throw error
	}
}

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0)
		return true
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM"
	}
}

/** The project's own folder or, of compiled code, `dist`, where the build puts what is not compiled. */
const ROOT = path.resolve(import.meta.dirname, "../..")

/** A file of the project that is not compiled, by its path in the repository. */
export const shippedFile = (name: string): string => path.join(ROOT, name)
