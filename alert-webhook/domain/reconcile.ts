import type { ActiveAlert } from "./active-alert.ts"

/** An incident that is open with us. */
export interface OpenIncident {
	readonly id: number
	readonly fingerprint: string
}

/** The newest that we know about an alert of one fingerprint. */
export interface Known {
	readonly startsAt: Date
	/** When we last heard or decided that an instance was over; null when never. */
	readonly resolvedAt: Date | null
	/** Whether an instance is open. */
	readonly open: boolean
}

export interface Comparison {
	/** Milliseconds since the epoch. */
	readonly now: number
	/** What Alertmanager has, whatever its state. */
	readonly standing: readonly ActiveAlert[]
	/** Whether Alertmanager hears from Prometheus. When not, what it lacks says nothing. */
	readonly informed: boolean
	/** The receiver of Alertmanager's that delivers to us. */
	readonly receiver: string
	/** Whether an alert is one that incidents are made of. */
	makesIncident(labels: ActiveAlert["labels"]): boolean
	readonly open: readonly OpenIncident[]
	/** By fingerprint. */
	readonly known: ReadonlyMap<string, Known>
	/** Since when Alertmanager has not known the alerts of open incidents, by id; from the comparison before. */
	readonly missing: ReadonlyMap<number, number>
	/** Milliseconds that an alert may be missing in Alertmanager before its incident is closed. */
	readonly closeAfterMs: number
	/** Milliseconds that an alert may be missing with us before it is taken in. */
	readonly takeInAfterMs: number
}

export interface Differences {
	readonly missing: ReadonlyMap<number, number>
	/** Open incidents that Alertmanager no longer knows, and since when. */
	readonly unknown: readonly { readonly id: number; readonly since: number }[]
	/** Alerts that fire without an incident, and the start that a new one has. */
	readonly unheard: readonly { readonly alert: ActiveAlert; readonly startsAt: Date }[]
}

/**
 * What Alertmanager and we disagree about. Its notifications come in order for one alert but may be lost on either side:
 * it forgets alerts when it restarts, leaves some out, and calls an alert over that it has only not heard of for a while
 * and that then goes on with the same start.
 */
export function compare(input: Comparison): Differences {
	const { now, standing, informed, open, known, closeAfterMs } = input
	const alive = new Set(standing.map(({ fingerprint }) => fingerprint))
	const opened = new Set(open.map(({ fingerprint }) => fingerprint))
	const missing = new Map(
		open
			.filter(({ fingerprint }) => informed && !alive.has(fingerprint))
			.map(({ id }) => [id, Math.min(now, input.missing.get(id) ?? now)] as const),
	)
	const unknown = [...missing].flatMap(([id, since]) => (now - since >= closeAfterMs ? [{ id, since }] : []))
	const unheard = standing
		.filter(({ fingerprint }) => !opened.has(fingerprint) && !known.get(fingerprint)?.open)
		.filter((alert) => isUnheard(alert, input))
		.map((alert) => ({ alert, startsAt: startOf(alert, input) }))
	return { missing, unknown, unheard }
}

function isUnheard(alert: ActiveAlert, input: Comparison): boolean {
	const { now, takeInAfterMs, receiver, known } = input
	const ours = alert.receivers.some(({ name }) => name === receiver) && input.makesIncident(alert.labels)
	if (!ours || alert.status.state !== "active") return false
	// What has just ended may have been alive when Alertmanager was asked.
	const quietSince = known.get(alert.fingerprint)?.resolvedAt?.getTime()
	if (quietSince !== undefined && now - quietSince < Math.max(takeInAfterMs, JUST_ENDED_MS)) return false
	return now - Date.parse(alert.startsAt) >= takeInAfterMs
}

const JUST_ENDED_MS = 60_000

/**
 * An instance that is over never opens again: an alert that goes on after it is another one, from that end on, which is
 * the same time for every replica.
 */
function startOf({ fingerprint, startsAt }: ActiveAlert, { known }: Comparison): Date {
	const start = new Date(startsAt)
	const last = known.get(fingerprint)
	if (!last || last.startsAt < start) return start
	return new Date(Math.max(last.resolvedAt?.getTime() ?? 0, last.startsAt.getTime() + 1))
}
