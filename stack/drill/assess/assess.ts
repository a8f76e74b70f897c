import { formatDuration } from "../../../core/lib/config.ts"

/** The times of an incident's clock, in milliseconds since the epoch; undefined where they are not known. */
export interface IncidentTimes {
	readonly id: number
	readonly severity: string
	readonly onsetAt: number | undefined
	/** Measured, or bounded where nothing watched before. */
	readonly onset: "measured" | "bounded" | undefined
	readonly pendingAt: number | undefined
	readonly firedAt: number
	readonly receivedAt: number
	/** The first acceptance by a channel. */
	readonly notifiedAt: number | undefined
	readonly remediatedAt: number | undefined
	readonly verifiedAt: number | undefined
	readonly resolvedAt: number | undefined
	/** The state of its remediation; undefined when there is none. */
	readonly remediation: string | undefined
}

/** What a drill expects of one alert, and what happened. */
export interface Observation {
	readonly alert: string
	/** When the source could show the fault. */
	readonly faultAt: number
	/** When the drill repaired it; undefined when a remediation has to. */
	readonly repairedAt: number | undefined
	/** The worst case from the fault to the notification that the compiled alert promises, in milliseconds. */
	readonly promisedMs: number
	/** The state in which its remediation has to end. */
	readonly remediation: "succeeded" | "shadowed" | undefined
	/** Its condition looks back further than a drill lasts, so its end is not awaited. */
	readonly lasts: boolean
	readonly incident: IncidentTimes | undefined
}

export interface Assessment {
	readonly alert: string
	/** From the fault to the notification, in milliseconds. */
	readonly detectedMs: number | undefined
	/** From the onset by the incident's own clock to the notification. */
	readonly clockMs: number | undefined
	/** From the alert's firing to the verified remediation. */
	readonly remediatedMs: number | undefined
	/** From the repair to the end of the incident. */
	readonly resolvedMs: number | undefined
	readonly promisedMs: number
	/** Empty when the drill passed. */
	readonly failures: readonly string[]
	/** Those of the failures that are about time, which on a busy machine say nothing. */
	readonly late: readonly string[]
}

/** A machine is loaded, and clocks are read between two looks. */
const TOLERANCE_MS = 30_000
/** The strategy's bound for critical alerts. */
const CRITICAL_MS = 5 * 60_000
/** The bound for a remediation, from the alert's firing to its verification: how long a condition has to be true is the alert's own choice. */
const REMEDIATED_MS = 5 * 60_000

/** Compares what happened with what is promised. */
export function assess(seen: Observation): Assessment {
	const { alert, faultAt, promisedMs, incident, lasts } = seen
	const since = (from: number | undefined, to: number | undefined) =>
		from === undefined || to === undefined ? undefined : to - from
	const detectedMs = since(faultAt, incident?.notifiedAt)
	const clockMs = since(incident?.onsetAt, incident?.notifiedAt)
	const remediatedMs = since(incident?.firedAt, incident?.verifiedAt)
	const resolvedMs = lasts ? undefined : since(seen.repairedAt ?? incident?.remediatedAt, incident?.resolvedAt)
	const late = incident === undefined ? [] : delaysOf(seen, incident, { detectedMs, clockMs, remediatedMs })
	return {
		alert,
		detectedMs,
		clockMs,
		remediatedMs,
		resolvedMs,
		promisedMs,
		failures: incident === undefined ? ["no incident"] : [...faultsOf(seen, incident), ...late],
		late,
	}
}

function delaysOf(
	{ promisedMs }: Observation,
	{ severity }: IncidentTimes,
	{ detectedMs = 0, clockMs = 0, remediatedMs = 0 }: Pick<Assessment, "detectedMs" | "clockMs" | "remediatedMs">,
): string[] {
	const late: string[] = []
	if (detectedMs > promisedMs + TOLERANCE_MS)
		late.push(`notified after ${seconds(detectedMs)}, promised within ${seconds(promisedMs)}`)
	if (severity === "critical" && clockMs > CRITICAL_MS)
		late.push(`critical, and notified only ${seconds(clockMs)} after its onset`)
	if (remediatedMs > REMEDIATED_MS) late.push(`repaired only ${seconds(remediatedMs)} after it fired`)
	return late
}

function faultsOf({ remediation, lasts }: Observation, incident: IncidentTimes): string[] {
	const { notifiedAt, onsetAt, verifiedAt, resolvedAt } = incident
	const faults: string[] = []
	if (notifiedAt === undefined) faults.push("no channel was notified")
	if (onsetAt === undefined) faults.push("no onset on its clock")
	else if (notifiedAt !== undefined && notifiedAt < onsetAt) faults.push("notified before its onset")
	if (remediation !== undefined && incident.remediation !== remediation)
		faults.push(`its remediation is ${incident.remediation ?? "missing"}, not ${remediation}`)
	else if (remediation === "succeeded" && verifiedAt === undefined) faults.push("its remediation was not verified")
	if (!lasts && resolvedAt === undefined) faults.push("not resolved")
	return faults
}

const seconds = (ms: number) => formatDuration(Math.round(ms / 1000) * 1000)
