import type { Context } from "../../context.ts"
import { compareStoppable, type Stoppable, type Unstoppable } from "../../domain/stoppable.ts"
import { listAnswers } from "../../store/gate-answers.ts"

/** Hosts have this long to answer after a start of the webhook, in milliseconds. */
const SETTLE_MS = 30_000

/**
 * Who would not stop: every host and session that is seen, compared with the answers to the challenges. Undefined where
 * no gate is challenged, and shortly after the start, when the hosts had no time to answer.
 */
export async function readStoppable(ctx: Context): Promise<Stoppable | undefined> {
	const { challenges } = ctx.settings
	if (!challenges || ctx.clock.now() - ctx.startedAt < SETTLE_MS) return undefined
	const [{ sessions, unreadable }, answers] = await Promise.all([ctx.clients.seenSessions(), listAnswers(ctx)])
	return compareStoppable({ sessions, unreadable, answers, now: ctx.clock.now() })
}

/** The list on a board; the console has all of them. */
const MOST_SHOWN = 50

/** Exports the share of who would stop, and those outside it. */
export function measureStoppable(ctx: Context): () => Promise<void> {
	const { metrics } = ctx
	let shown: readonly Pick<Unstoppable, "kind" | "id">[] = []
	return async () => {
		try {
			const found = await readStoppable(ctx)
			if (found === undefined) return
			metrics.stoppable.set({}, found.ratio)
			for (const one of shown) metrics.unstoppable.remove(one)
			shown = found.outside.slice(0, MOST_SHOWN).map(({ kind, id }) => ({ kind, id }))
			for (const one of shown) metrics.unstoppable.set(one, 1)
		} catch (error) {
			// Nothing is known about any of them.
			metrics.stoppable.set({}, 0)
			throw error
		}
	}
}
