import { and, eq, isNull } from "drizzle-orm"
import { PAGE_KINDS } from "../../../core/catalogue/subjects/incidents.ts"
import { pages } from "../../../core/db/schema/index.ts"
import type { Silence } from "../../clients/silences.ts"
import type { Context } from "../../context.ts"
import { showMatchers } from "../../domain/matchers.ts"
import { type ActiveSilence, escapeFrom, examplesOf, silencesOfPages } from "../../domain/silenced-pages.ts"
import { appendAudit, SYSTEM } from "../../store/audit/append.ts"
import { channelsLabel } from "../../store/pages/channels.ts"
import { endPages } from "../../store/pages/end.ts"
import { openPage } from "../../store/pages/open.ts"
import { ingestAlerts } from "../ingest/ingest-alerts.ts"
import type { SilencedIngest } from "../maintenance/ingest-silenced.ts"

/** The alert of the same name, in `alerts.yaml`. */
const KIND = "pages_silenced"
const keyOf = (id: string) => `${KIND} ${id}`

/**
 * Looks for silences in Alertmanager that keep the observatory's pages or the heartbeat from people: the password of
 * Alertmanager is enough to make one. People are paged once for each, by a page to which it does not apply.
 */
export function watchSilences(ctx: Context, { intake, receiver }: SilencedIngest): () => Promise<void> {
	const channels = channelsLabel(ctx.settings.criticalChannels)
	const kinds = PAGE_KINDS.filter((kind) => kind !== KIND)
	return async () => {
		const silences = (await ctx.clients.silences.list()).filter(({ status }) => status.state === "active").map(activeOf)
		const alerts = await ctx.clients.alertmanager.active()
		const seen = alerts.map(({ labels, status }) => ({ labels, silencedBy: status.silencedBy }))
		const found = silencesOfPages(silences, seen, examplesOf(kinds, channels))
		ctx.metrics.pageSilences.set({}, found.length)
		await record(ctx, found)
		// The incident of the alert about it, which the same silence may keep from us.
		const kept = alerts.filter(
			({ labels, status, receivers }) =>
				labels.alertname === KIND &&
				status.silencedBy.length > 0 &&
				status.inhibitedBy.length === 0 &&
				receivers.some(({ name }) => name === receiver),
		)
		await ingestAlerts(intake, { alerts: kept, receiver, reason: "silenced in Alertmanager" })
	}
}

async function record(ctx: Context, found: readonly ActiveSilence[]): Promise<void> {
	const at = new Date(ctx.clock.now())
	const without = escapeFrom(found)
	const open = await ctx.db
		.select({ key: pages.key })
		.from(pages)
		.where(and(eq(pages.kind, KIND), isNull(pages.endedAt)))
	const known = new Set(open.map(({ key }) => key))
	for (const silence of found) {
		if (known.delete(keyOf(silence.id))) continue
		const { id, createdBy, comment, endsAt } = silence
		const matchers = showMatchers(silence.matchers)
		ctx.log.error({ id, createdBy, matchers, endsAt }, "a silence in Alertmanager keeps pages from people")
		await ctx.db.transaction(async (tx) => {
			await openPage(tx, ctx.settings, {
				key: keyOf(id),
				kind: KIND,
				incidentId: undefined,
				severity: "critical",
				channels: ctx.settings.criticalChannels,
				summary: "A silence in Alertmanager keeps pages from people",
				description: `Silence ${id} by ${createdBy} applies to pages or the heartbeat until ${endsAt}: ${matchers}. Expire it in Alertmanager, and find out who made it.`,
				path: "/",
				without,
				now: at,
			})
			const details = { createdBy, comment, matchers, endsAt }
			await appendAudit(tx, { by: SYSTEM, action: "silence.found", target: `silence:${id}`, details, at })
		})
	}
	for (const key of known)
		await ctx.db.transaction(async (tx) => {
			await endPages(tx, { key, outcome: "The silence no longer applies.", now: at })
			const target = `silence:${key.slice(KIND.length + 1)}`
			await appendAudit(tx, { by: SYSTEM, action: "silence.ended", target, at })
		})
}

const activeOf = ({ id, createdBy, comment, endsAt, matchers }: Silence): ActiveSilence => ({
	id,
	createdBy,
	comment,
	endsAt,
	matchers: matchers.map(({ name, value, isRegex, isEqual }) => ({
		name,
		value,
		op: isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=",
	})),
})
