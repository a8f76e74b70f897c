import { z } from "zod"
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

const answer = z.object({ state: z.enum(["run", "pause", "stop"]), revision: z.number().int() })

/** The flag for a response of `GET /api/control`. @throws ZodError for any other input */
export function flagFrom(body: unknown, now: number): Flag {
	const { state, revision } = answer.parse(body)
	return { state, revision, reason: "as alert-webhook reports", at: new Date(now).toISOString() }
}
