import { formatDuration } from "../../../core/lib/config.ts"
import type { Context } from "../../context.ts"
import { heartbeatState } from "../../domain/heartbeat.ts"
import { listHeartbeats } from "../../store/heartbeats.ts"
import { endPages } from "../../store/pages/end.ts"
import { openPage } from "../../store/pages/open.ts"

const KEY = "heartbeat_lost"

/**
 * Checks that the heartbeat of Prometheus arrives, and pages when it is missing for longer than `lostAfterMs`: a
 * Prometheus that is down cannot fire an alert about itself.
 */
export function watchHeartbeat(ctx: Context, lostAfterMs: number): () => Promise<void> {
	const since = ctx.clock.now()
	let logged = false
	return async () => {
		const now = ctx.clock.now()
		const last = (await listHeartbeats(ctx))[0]?.receivedAt
		const state = heartbeatState({ now, last: last?.getTime(), since, lostAfterMs })
		if (state === "unknown") return
		if (logged !== (state === "lost")) {
			logged = state === "lost"
			if (logged) ctx.log.error({ last }, "no heartbeat from Prometheus: alerts may not arrive")
			else ctx.log.info({ last }, "the heartbeat from Prometheus arrives again")
		}
		await ctx.db.transaction(async (tx) => {
			if (state === "alive")
				return endPages(tx, { key: KEY, outcome: "The heartbeat arrives again.", now: new Date(now) })
			const seen = last === undefined ? "None ever arrived." : `The last one arrived at ${last.toISOString()}.`
			return openPage(tx, ctx.settings, {
				key: KEY,
				kind: "heartbeat_lost",
				incidentId: undefined,
				severity: "critical",
				channels: ctx.settings.criticalChannels,
				summary: "No heartbeat from Prometheus: alerts may not arrive",
				description: `No heartbeat has arrived for ${formatDuration(lostAfterMs)}. ${seen} Check that Prometheus runs, evaluates its rules and reaches Alertmanager.`,
				path: "/",
				now: new Date(now),
			})
		})
	}
}
