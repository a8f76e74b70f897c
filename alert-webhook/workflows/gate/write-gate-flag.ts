import path from "node:path"
import { removeDrafts } from "../../../core/lib/files.ts"
import type { Context } from "../../context.ts"
import { challengeAt } from "../../domain/challenge.ts"
import { readControl } from "../../store/control.ts"
import { prepareAnswers } from "./answers.ts"
import { approvalsFor } from "./approve-call.ts"
import { askAt, readFlag, writeFlag } from "./flag.ts"

/**
 * Writes the control state to this host's flag. Called each second: a stop reaches the hook within that. While the
 * database is down the file grows old, and the hook denies. `url` is where this process listens.
 */
export async function writeGateFlag(ctx: Context, url: string): Promise<void> {
	const { clock, settings, unsavedStop } = ctx
	prepareAnswers(settings.gateFlag)
	for (;;) {
		if (unsavedStop.current) return closeGate(ctx)
		const { changes } = unsavedStop
		const { state, revision, reason } = await readControl(ctx)
		const now = clock.now()
		const challenge = challengeAt(settings.challengeKey, now)
		const approvals = await approvalsFor(ctx, settings.gateHost)
		// A stop since then is newer than what was read.
		if (unsavedStop.changes !== changes) continue
		return writeFlag(settings.gateFlag, {
			state,
			revision,
			reason,
			at: new Date(now).toISOString(),
			challenge,
			approvals,
			ask: askAt(url),
		})
	}
}

/** Closes this host's gate for the unsaved stop, without the database and without space on the disk. */
export async function closeGate({ clock, settings, unsavedStop }: Context): Promise<void> {
	const { current } = unsavedStop
	if (current === undefined) return
	const now = clock.now()
	const at = new Date(now).toISOString()
	const challenge = challengeAt(settings.challengeKey, now)
	const flag = {
		state: "stop",
		revision: 0,
		reason: current.reason,
		at,
		unsavedBy: current.by.actor,
		challenge,
	} as const
	await writeFlag(settings.gateFlag, flag)
}

/** Resumes an unsaved stop of a process that ended before the database had it, and removes its leftovers. */
export function adoptUnsavedStop({ clock, settings, unsavedStop, log }: Context): void {
	removeDrafts(path.dirname(settings.gateFlag))
	const flag = readFlag(settings.gateFlag)
	if (flag?.state !== "stop" || flag.unsavedBy === undefined) return
	unsavedStop.begin({ by: { actor: flag.unsavedBy, address: null }, reason: flag.reason, at: clock.now() })
	log.warn({ reason: flag.reason }, "resuming an emergency stop that the database does not have yet")
}
