import { readFileSync, rmSync } from "node:fs"
import { z } from "zod"
import { writeAtomic } from "../../../core/lib/files.ts"
import { approvalsSchema } from "../../domain/approvals.ts"

const flagSchema = z.object({
	state: z.enum(["run", "pause", "stop"]),
	revision: z.number().int(),
	reason: z.string(),
	at: z.string(),
	unsavedBy: z.string().optional(),
	challenge: z.string().optional(),
	approvals: approvalsSchema.optional(),
	ask: z.string().optional(),
})

/**
 * The hook's input. `at` is when it was last known to be true; `unsavedBy` is the actor of an emergency stop that the
 * database does not have yet; `challenge` is the nonce that the hook answers,
 * `approvals` the rules for calls that need a person, and `ask` the address at which a hook with an older flag asks for
 * the state.
 */
export type Flag = Readonly<z.output<typeof flagSchema>>

/**
 * Replaces the flag atomically: a reader sees the old one or the new one, never half of it. Where a pause or a stop
 * cannot be written, because the disk is full for example, the flag is removed: the hook denies without one.
 *
 * @throws Error of the file system when the flag is as before
 */
export async function writeFlag(file: string, flag: Flag, write: typeof writeAtomic = writeAtomic): Promise<void> {
	try {
		write(file, `${JSON.stringify(flag)}\n`)
	} catch (error) {
		if (flag.state === "run") throw error
		rmSync(file, { force: true })
	}
}

/** The flag in `file`; undefined when there is none that can be read. */
export function readFlag(file: string): Flag | undefined {
	try {
		return flagSchema.parse(JSON.parse(readFileSync(file, "utf8")))
	} catch {
		// Absent or not ours: nothing follows from it.
		return undefined
	}
}

const answer = flagSchema.pick({ state: true, revision: true, challenge: true, approvals: true })

/**
 * The flag for a response of `GET /api/control` or `POST /api/gate/report` from the alert-webhook at `url`.
 *
 * @throws ZodError for any other input
 */
export function flagFrom(body: unknown, url: string, now: number): Flag {
	const { state, revision, challenge, approvals } = answer.parse(body)
	const at = new Date(now).toISOString()
	return { state, revision, reason: "as alert-webhook reports", at, challenge, approvals, ask: askAt(url) }
}

/** Where the control state is asked for. */
export const askAt = (url: string): string => `${url}/api/control`
