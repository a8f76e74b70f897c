import { z } from "zod"
import type { Flag } from "./flag.ts"

const answer = z.object({ state: z.enum(["run", "pause", "stop"]), revision: z.number().int() })

/** The flag for a response of `GET /api/control`. @throws ZodError for any other input */
export function readFollowed(body: unknown, now: number): Flag {
	const { state, revision } = answer.parse(body)
	return { state, revision, reason: "as alert-webhook reports", at: new Date(now).toISOString() }
}
