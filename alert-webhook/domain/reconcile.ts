import type { ActiveAlert } from "./active-alert.ts"

/** An incident that is open in our tables. */
export interface OpenIncident {
	readonly id: number
	readonly fingerprint: string
}

/** The newest facts about an alert of one fingerprint. */
export interface Known {
	readonly startsAt: Date
	/** When an instance last ended, by a notification or by our decision; null when never. */
	readonly resolvedAt: Date | null
	/** Whether an instance is open. */
	readonly open: boolean
}

export interface Comparison {
	/** Milliseconds since the epoch. */
	readonly now: number
	/** Alertmanager's alerts, in any state. */
	readonly active: readonly ActiveAlert[]
	/** Whether Alertmanager receives from Prometheus. If not, a missing alert means nothing. */
	readonly informed: boolean
	/** Alertmanager's receiver that delivers to us. */
	readonly receiver: string
	/** Whether an alert makes an incident. */
	makesIncident(labels: ActiveAlert["labels"]): boolean
	readonly open: readonly OpenIncident[]
	/** By fingerprint. */
	readonly known: ReadonlyMap<string, Known>
	/** Since when Alertmanager has not known the alerts of open incidents, by id; from the previous comparison. */
	readonly missing: ReadonlyMap<number, number>
	/** Milliseconds that an alert may be missing in Alertmanager before its incident is closed. */
	readonly closeAfterMs: number
	/** Milliseconds that an alert may be without an incident before it is ingested. */
	readonly ingestAfterMs: number
}

export interface Differences {
	readonly missing: ReadonlyMap<number, number>
	/** Open incidents that Alertmanager no longer knows, and since when. */
	readonly unknown: readonly { readonly id: number; readonly since: number }[]
	/** Alerts that fire without an incident, and the start of the new one. */
	readonly toIngest: readonly { readonly alert: ActiveAlert; readonly startsAt: Date }[]
}

/**
 * The differences between Alertmanager and our incidents. Its notifications come in order for one alert but may be lost
 * on either side: it forgets alerts when it restarts, leaves some out, and resolves an alert that it has not received
 * for a while and that then continues with the same start.
 */
export function compare(input: Comparison): Differences {
	const { now, active, informed, open, known, closeAfterMs } = input
	const alive = new Set(active.map(({ fingerprint }) => fingerprint))
	const opened = new Set(open.map(({ fingerprint }) => fingerprint))
	const missing = new Map(
		open
			.filter(({ fingerprint }) => informed && !alive.has(fingerprint))
			.map(({ id }) => [id, Math.min(now, input.missing.get(id) ?? now)] as const),
	)
	const unknown = [...missing].flatMap(([id, since]) => (now - since >= closeAfterMs ? [{ id, since }] : []))
	const toIngest = active
		.filter(({ fingerprint }) => !opened.has(fingerprint) && !known.get(fingerprint)?.open)
		.filter((alert) => lacksIncident(alert, input))
		.map((alert) => ({ alert, startsAt: startOf(alert, input) }))
	return { missing, unknown, toIngest }
}

function lacksIncident(alert: ActiveAlert, input: Comparison): boolean {
	const { now, ingestAfterMs, receiver, known } = input
	const ours = alert.receivers.some(({ name }) => name === receiver) && input.makesIncident(alert.labels)
	if (!ours || alert.status.state !== "active") return false
	// An alert that has just ended may still have fired when Alertmanager was asked.
	const quietSince = known.get(alert.fingerprint)?.resolvedAt?.getTime()
	if (quietSince !== undefined && now - quietSince < Math.max(ingestAfterMs, JUST_ENDED_MS)) return false
	return now - Date.parse(alert.startsAt) >= ingestAfterMs
}

const JUST_ENDED_MS = 60_000

/**
 * A resolved instance never opens again: an alert that continues after it is a new one from that end on, which is the
 * same time on every replica.
 */
function startOf({ fingerprint, startsAt }: ActiveAlert, { known }: Comparison): Date {
	const start = new Date(startsAt)
	const last = known.get(fingerprint)
	if (!last || last.startsAt < start) return start
	return new Date(Math.max(last.resolvedAt?.getTime() ?? 0, last.startsAt.getTime() + 1))
}
