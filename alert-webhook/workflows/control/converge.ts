import type { Context } from "../../context.ts"
import { tryLock, waitForLock } from "../../store/advisory-lock.ts"
import { type Control, readControl } from "../../store/control.ts"

/** Longer than a round takes, also after its host has vanished; shorter than the statement timeout. */
export const LOCK_MS = 14_000

/**
 * Applies the control state to something, in one process at a time. Reads the state again after each round, and starts
 * another round when it has changed. Returns the result of each round; none when another process works on it, unless
 * `wait` says to wait for the lock.
 *
 * @throws ObservatoryError `unavailable` when the lock is not released in time, or the error of a round
 */
export async function converge<T>(
	ctx: Context,
	{ what, wait }: { readonly what: "sessions" | "workflow" | "brakes"; readonly wait: boolean },
	round: (control: Control) => Promise<T>,
): Promise<readonly T[]> {
	const done: T[] = []
	for (;;) {
		const seen = await ctx.db.transaction(async (tx) => {
			if (wait) await waitForLock(tx, what, LOCK_MS)
			else if (!(await tryLock(tx, what))) return undefined
			const control = await readControl({ db: tx, unsavedStop: ctx.unsavedStop })
			done.push(await round(control))
			return control.revision
		})
		if (seen === undefined || (await readControl(ctx)).revision === seen) return done
	}
}
