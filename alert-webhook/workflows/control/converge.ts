import type { Context } from "../../context.ts"
import { awaitTurn, isMyTurn } from "../../store/advisory-lock.ts"
import { type Control, readControl } from "../../store/control.ts"

/** Longer than a round may take, or than one whose host has vanished is waited for; shorter than a statement may. */
export const TURN_MS = 14_000

/**
 * Makes something agree with the state that holds, by one process at a time. The state is read again after each round,
 * and what was done is done anew should it have changed meanwhile. Yields what each round gives; none when it is another
 * process's turn, unless `wait` says to wait for one's own.
 *
 * @throws ObservatoryError `unavailable` when waiting was in vain, or whatever a round throws
 */
export async function agree<T>(
	ctx: Context,
	{ what, wait }: { readonly what: "sessions" | "workflow"; readonly wait: boolean },
	round: (control: Control) => Promise<T>,
): Promise<readonly T[]> {
	const done: T[] = []
	for (;;) {
		const seen = await ctx.db.transaction(async (tx) => {
			if (wait) await awaitTurn(tx, what, TURN_MS)
			else if (!(await isMyTurn(tx, what))) return undefined
			const control = await readControl({ db: tx })
			done.push(await round(control))
			return control.revision
		})
		if (seen === undefined || (await readControl(ctx)).revision === seen) return done
	}
}
