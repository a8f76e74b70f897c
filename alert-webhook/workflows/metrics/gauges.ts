import { PAGE_KINDS } from "../../../core/catalogue/subjects/incidents.ts"
import { messageOf } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"
import { SEVERITIES } from "../../domain/severity.ts"
import { VERDICTS } from "../../domain/verdict.ts"
import { countBrakes } from "../../store/brakes.ts"
import { readControl } from "../../store/control.ts"
import { listHeartbeats } from "../../store/heartbeats.ts"
import { countUnread } from "../../store/inbox.ts"
import { countVerdicts } from "../../store/incidents/count-verdicts.ts"
import { countOpen } from "../../store/incidents/list.ts"
import { countPages } from "../../store/pages/count.ts"

const STATES = ["run", "pause", "stop"] as const
const TARGETS = ["sessions", "workflow", "brakes", "processes"] as const
const BRAKE_STATES = ["open", "changing", "closed"] as const

/** Gauges of database rows, read at most once a scrape. Without the database they are absent, not stale. */
export async function refreshGauges(ctx: Context): Promise<void> {
	const { metrics, log } = ctx
	try {
		const [open, unread, beats, { state, pending }, pages, verdicts, brakes] = await Promise.all([
			countOpen(ctx),
			countUnread(ctx),
			listHeartbeats(ctx),
			readControl(ctx),
			countPages(ctx),
			countVerdicts(ctx),
			countBrakes(ctx, ctx.clients.brakes.length),
		])
		for (const severity of SEVERITIES) metrics.open.set({ severity }, open[severity])
		metrics.unread.set({}, unread)
		for (const { alertname, receivedAt } of beats) metrics.heartbeat.set({ alertname }, receivedAt.getTime() / 1000)
		for (const one of STATES) metrics.control.set({ state: one }, one === state ? 1 : 0)
		for (const target of TARGETS) metrics.controlPending.set({ target }, pending[target]?.length ?? 0)
		for (const one of BRAKE_STATES) metrics.brakes.set({ state: one }, brakes[one])
		for (const kind of PAGE_KINDS) metrics.pagesOpen.set({ kind }, pages.open[kind])
		for (const verdict of VERDICTS) metrics.verdicts.set({ verdict }, verdicts[verdict])
		metrics.pagesUnsent.set({}, pages.unsent)
	} catch (error) {
		log.debug({ error: messageOf(error) }, "cannot read gauges from the database")
		for (const severity of SEVERITIES) metrics.open.remove({ severity })
		for (const state of STATES) metrics.control.remove({ state })
		for (const target of TARGETS) metrics.controlPending.remove({ target })
		for (const state of BRAKE_STATES) metrics.brakes.remove({ state })
		for (const kind of PAGE_KINDS) metrics.pagesOpen.remove({ kind })
		for (const verdict of VERDICTS) metrics.verdicts.remove({ verdict })
		metrics.pagesUnsent.remove({})
		metrics.unread.remove({})
	}
}
