import { messageOf } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"
import { SEVERITIES } from "../../domain/severity.ts"
import { VERDICTS } from "../../domain/verdict.ts"
import { readControl } from "../../store/control.ts"
import { listHeartbeats } from "../../store/heartbeats/list.ts"
import { countUnread } from "../../store/inbox/list.ts"
import { countVerdicts } from "../../store/incidents/count-verdicts.ts"
import { countOpen } from "../../store/incidents/list.ts"
import { countNotices, NOTICE_KINDS } from "../../store/pages/count.ts"

const STATES = ["run", "pause", "stop"] as const

/** Gauges that are counted in the database, at most once a scrape. Without the database they are absent, not stale. */
export async function refreshGauges(ctx: Context): Promise<void> {
	const { metrics, log } = ctx
	try {
		const [open, unread, beats, { state }, notices, verdicts] = await Promise.all([
			countOpen(ctx),
			countUnread(ctx),
			listHeartbeats(ctx),
			readControl(ctx),
			countNotices(ctx),
			countVerdicts(ctx),
		])
		for (const severity of SEVERITIES) metrics.open.set({ severity }, open[severity])
		metrics.unread.set({}, unread)
		for (const { alertname, receivedAt } of beats) metrics.heartbeat.set({ alertname }, receivedAt.getTime() / 1000)
		for (const one of STATES) metrics.control.set({ state: one }, one === state ? 1 : 0)
		for (const kind of NOTICE_KINDS) metrics.noticesOpen.set({ kind }, notices.open[kind])
		for (const verdict of VERDICTS) metrics.verdicts.set({ verdict }, verdicts[verdict])
		metrics.noticesUnsent.set({}, notices.unsent)
	} catch (error) {
		log.debug({ error: messageOf(error) }, "the database cannot be asked for gauges")
		for (const severity of SEVERITIES) metrics.open.remove({ severity })
		for (const state of STATES) metrics.control.remove({ state })
		for (const kind of NOTICE_KINDS) metrics.noticesOpen.remove({ kind })
		for (const verdict of VERDICTS) metrics.verdicts.remove({ verdict })
		metrics.noticesUnsent.remove({})
		metrics.unread.remove({})
	}
}
