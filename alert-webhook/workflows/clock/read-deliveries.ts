import type { Context } from "../../context.ts"
import { firstGrowth, integrationsIn } from "../../domain/clock/accepted.ts"
import { type Delivery, inboxDeliveries, pageDeliveries, type RunningClock } from "../../store/clocks/deliveries.ts"
import { channelsOf } from "../../store/pages/channels.ts"

/** Between two looks at Alertmanager's counters. */
const STEP_MS = 5_000
/** The counters' history before an alert, so that there is a value to grow from. */
const BEFORE_MS = 30_000

/** Requests that the receivers of each kind accepted, by Alertmanager's own count. */
const ACCEPTED =
	"sum by (integration) (alertmanager_notification_requests_total - alertmanager_notification_requests_failed_total)"

/**
 * The deliveries that became known: to the inbox by its own messages, to other channels by Alertmanager's counters of
 * accepted requests, and for an alert without channels of its own by the first page about it.
 */
export async function readDeliveries(ctx: Context, running: readonly RunningClock[]): Promise<readonly Delivery[]> {
	const waiting = running.map((one) => {
		const known = new Set(one.deliveries.map(({ channel }) => channel))
		const channels = channelsOf(one.incident)
		return { ...one, channels, missing: channels.filter((channel) => !known.has(channel)) }
	})
	const withChannels = waiting.filter(({ missing }) => missing.length > 0)
	const without = waiting.filter(({ channels, deliveries }) => channels.length === 0 && deliveries.length === 0)
	const idsOf = (some: readonly RunningClock[]) => some.map(({ incident }) => incident.id)
	const inInbox = withChannels.length === 0 ? [] : await inboxDeliveries(ctx, idsOf(withChannels))
	const byPage = without.length === 0 ? [] : await pageDeliveries(ctx, idsOf(without))
	const isKnown = (id: number, name: string) => inInbox.some((one) => one.incidentId === id && one.channel === name)
	const elsewhere = withChannels.flatMap(({ incident, missing }) =>
		missing.filter((name) => !isKnown(incident.id, name)).map((channel) => ({ incident, channel })),
	)
	// The first page is the notification; later ones are repeats.
	const firstPages = byPage.filter(
		({ incidentId }, i) => byPage.findIndex((one) => one.incidentId === incidentId) === i,
	)
	return [...inInbox, ...firstPages, ...(await byCounters(ctx, elsewhere))]
}

interface Awaited {
	readonly incident: RunningClock["incident"]
	readonly channel: string
}

/** What Alertmanager or Prometheus does not answer now is asked again while the clock runs. */
async function byCounters({ clients, clock }: Context, awaited: readonly Awaited[]): Promise<Delivery[]> {
	if (awaited.length === 0) return []
	const integrations = integrationsIn(await clients.alertmanager.configuration())
	if (!awaited.some(({ channel }) => (integrations.get(channel) ?? []).length > 0)) return []
	const now = clock.now()
	const from = Math.min(...awaited.map(({ incident }) => incident.startsAt.getTime())) - BEFORE_MS
	const counters = await clients.prometheus.range(ACCEPTED, { from, to: now, step: STEP_MS })
	return awaited.flatMap(({ incident, channel }): Delivery[] => {
		const kinds = integrations.get(channel) ?? []
		const times = counters.flatMap((counter) =>
			kinds.includes(counter.labels.integration ?? "") ? (firstGrowth(counter, incident.startsAt.getTime()) ?? []) : [],
		)
		if (times.length === 0) return []
		return [{ incidentId: incident.id, channel, acceptedAt: new Date(Math.min(...times)), evidence: "counter" }]
	})
}
