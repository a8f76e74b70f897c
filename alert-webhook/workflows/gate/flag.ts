import { writeAtomic } from "../../../core/lib/files.ts"

/** The hook's input. `at` is when it was last known to be true. */
export interface Flag {
	readonly state: "run" | "pause" | "stop"
	readonly revision: number
	readonly reason: string
	readonly at: string
}

/** Replaces the flag atomically: a reader sees the old one or the new one, never half of it. */
export async function writeFlag(file: string, flag: Flag): Promise<void> {
	writeAtomic(file, `${JSON.stringify(flag)}\n`)
}
