import { mkdir, rename, writeFile } from "node:fs/promises"
import path from "node:path"

/** What the hook reads. `at` is when it was last known to be true. */
export interface Flag {
	readonly state: "run" | "pause" | "stop"
	readonly revision: number
	readonly reason: string
	readonly at: string
}

/** Puts the flag in place at once: a reader sees the old one or the new one, never half of it. */
export async function writeFlag(file: string, flag: Flag): Promise<void> {
	await mkdir(path.dirname(file), { recursive: true })
	const half = `${file}.${process.pid}.new`
	await writeFile(half, `${JSON.stringify(flag)}\n`, { mode: 0o644 })
	await rename(half, file)
}
