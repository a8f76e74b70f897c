import { z } from "zod"
import type { Flag } from "./flag.ts"

const answer = z.object({ state: z.enum(["run", "pause", "stop"]), revision: z.number().int() })

/** The flag that an answer of `GET /api/control` means. Throws when it is none. */
export function readFollowed(body: unknown, now: number): Flag {
	const { state, revision } = answer.parse(body)
	return { state, revision, reason: "as alert-webhook says", at: new Date(now).toISOString() }
}
