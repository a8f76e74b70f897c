import { appendFileSync, copyFileSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from "node:fs"
import { join } from "node:path"
import { keepOlder } from "./log-file.ts"

const LARGEST_BYTES = 8 * 1024 * 1024
const LOOK_EVERY_MS = 5_000

export interface BoundLogsOptions {
	readonly largestBytes?: number
	readonly everyMs?: number
	/** Copies a file, like `fs.copyFileSync`. */
	readonly copy?: (from: string, to: string) => void
}

/** Keeps each log in `folder` below a size while its program writes to it, until `signal` aborts. */
export function boundLogs(folder: string, signal: AbortSignal, options: BoundLogsOptions = {}): void {
	const { largestBytes = LARGEST_BYTES, everyMs = LOOK_EVERY_MS, copy = copyFileSync } = options
	const look = () => {
		for (const file of logsIn(folder))
			try {
				if (statSync(file).size > largestBytes) rotateInPlace(file, copy)
			} catch {
				// It is gone or cannot be changed; the next round looks again.
			}
	}
	// No periodic task: the work is one synchronous look, and the runner's own log may be the full one.
	const timer = setInterval(look, everyMs).unref()
	signal.addEventListener("abort", () => clearInterval(timer))
}

function logsIn(folder: string): string[] {
	try {
		return readdirSync(folder)
			.filter((name) => name.endsWith(".log"))
			.map((name) => join(folder, name))
	} catch {
		return []
	}
}

/**
 * Copies a log away and empties it, because the program that writes to it holds it open: it appends to whatever is
 * there. Without space for the copy the lines are dropped, and the log says so.
 */
function rotateInPlace(file: string, copy: (from: string, to: string) => void): void {
	const draft = `${file}.${process.pid}.new`
	const { size } = statSync(file)
	let problem: unknown
	try {
		copy(file, draft)
		keepOlder(file)
		renameSync(draft, `${file}.1`)
	} catch (error) {
		problem = error
		rmSync(draft, { force: true })
	}
	truncateSync(file)
	if (problem === undefined) return
	const reason = (problem as NodeJS.ErrnoException).code ?? String(problem)
	appendFileSync(file, `mcp-observatory: ${size} bytes of this log were dropped (${reason})\n`)
}
