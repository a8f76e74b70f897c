import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync } from "node:fs"

const KEPT = 3

/** Makes room for a newer log: `.1` becomes `.2`, and so on; the oldest goes. */
export function keepOlder(file: string): void {
	for (let age = KEPT; age >= 2; age--) {
		const newer = `${file}.${age - 1}`
		if (existsSync(newer)) renameSync(newer, `${file}.${age}`)
	}
}

/** Opens a fresh log for appending and keeps the last three of earlier runs beside it (`.1` is the newest). */
export function openLog(file: string): number {
	keepOlder(file)
	if (existsSync(file)) renameSync(file, `${file}.1`)
	return openSync(file, "a", 0o644)
}

/** Opens a log for appending, or what discards everything where that cannot be done: no program may fail over its log. */
export function openOrDiscard(file: string, open = openLog): { readonly fd: number; close(): void } {
	let fd: number
	try {
		fd = open(file)
	} catch {
		fd = openSync("/dev/null", "a")
	}
	return { fd, close: () => closeSync(fd) }
}

/** The last `lines` lines of a log that say something, from at most its last 8 KiB. */
export function tailOf(file: string, lines: number): string[] {
	if (!existsSync(file)) return []
	const fd = openSync(file, "r")
	try {
		const { size } = fstatSync(fd)
		const buffer = Buffer.alloc(Math.min(size, 8_192))
		readSync(fd, buffer, 0, buffer.length, size - buffer.length)
		return buffer
			.toString("utf8")
			.split("\n")
			.filter((line) => line.trim() !== "")
			.slice(-lines)
	} finally {
		closeSync(fd)
	}
}

const LONGEST_WORDS = 300

/** An error that ends PostgreSQL, whose last lines only say that it ends; what it says to its callers then is none. */
const SERVER_ERROR = /\b(PANIC|FATAL):\s+(?!\s|the database system is|terminating|sorry|connection|password)/

/**
 * The reason in a log's last lines, on one line: the last error of PostgreSQL, otherwise the last message, with the advice
 * line ("→ …") that may follow it.
 */
export function lastWords(lines: readonly string[]): string {
	const error = lines.findLast((line) => SERVER_ERROR.test(line))
	const said = (error === undefined ? lines : [error.replace(/^.*?\b(?=(?:PANIC|FATAL):)/, "")]).map((line) =>
		messageIn(line.trim()),
	)
	const last = said.at(-1) ?? ""
	const words = last.startsWith("→") ? `${said.at(-2) ?? ""} ${last}`.trim() : last
	return words.length > LONGEST_WORDS ? `${words.slice(0, LONGEST_WORDS)}…` : words
}

/** The `msg` of a JSON line, and any other line as it is. */
function messageIn(line: string): string {
	if (!line.startsWith("{")) return line
	try {
		const { msg } = JSON.parse(line) as { msg?: unknown }
		return typeof msg === "string" ? msg : line
	} catch {
		// Cut off, or not ours: it says what it says.
		return line
	}
}
