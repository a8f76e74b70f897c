/** An incident as the API lists it, with times in milliseconds. */
export interface ListedIncident {
	readonly id: number
	readonly fingerprint: string
	readonly alertname: string
	readonly severity: string
	readonly status: string
	readonly labels: Readonly<Record<string, string>>
	readonly startsAt: number
	readonly resolvedAt: number | undefined
}

/** Everything that is counted at the end of a stack's drills, when what was broken has been repaired. */
export interface Books {
	readonly incidents: readonly ListedIncident[]
	/** Alerts that Alertmanager has and neither silences nor inhibits, without heartbeats and pages. */
	readonly active: readonly { readonly fingerprint: string; readonly alertname: string }[]
	/** Alerts that may still fire, because their conditions look back further than the drills. */
	readonly lasting: ReadonlySet<string>
	/** Unfinished remediations: `action on target: state`. */
	readonly remediations: readonly string[]
	/** Keys of open pages whose incident is resolved. */
	readonly pages: readonly string[]
	/** Tasks of jobs that failed for the last time, are long overdue, or are locked for minutes. */
	readonly jobs: readonly string[]
	/** Unfinished escalations of resolved incidents, by incident. */
	readonly escalations: readonly number[]
	/** Whether the chain of the audit log is complete. */
	readonly auditIntact: boolean
}

/** What was lost, doubled or is stuck; empty when the books balance. */
export function imbalances(books: Books): string[] {
	// Information comes and goes with the work itself.
	const open = books.incidents.filter(({ status }) => status === "firing")
	const late = open.filter(({ severity, alertname }) => severity !== "info" && !books.lasting.has(alertname))
	const openPrints = new Set(open.map(({ fingerprint }) => fingerprint))
	const activePrints = new Set(books.active.map(({ fingerprint }) => fingerprint))
	return [
		...books.active
			.filter(({ fingerprint }) => !openPrints.has(fingerprint))
			.map(({ alertname }) => `lost: ${alertname} is active in Alertmanager and has no open incident`),
		...doubled(books.incidents).map(
			({ id, alertname }) => `doubled: incident ${id} of ${alertname}, while another was open`,
		),
		...late
			.filter(({ fingerprint }) => !activePrints.has(fingerprint))
			.map(({ id, alertname }) => `stuck: incident ${id} of ${alertname} is open, and its alert is not active`),
		...late
			.filter(({ fingerprint }) => activePrints.has(fingerprint))
			.map(({ id, alertname }) => `stuck: incident ${id} of ${alertname} still fires after the repair`),
		...books.remediations.map((remediation) => `stuck: ${remediation}`),
		...books.pages.map((key) => `stuck: the page "${key}" is open after its incident's end`),
		...books.jobs.map((task) => `stuck: a job ${task}`),
		...books.escalations.map((id) => `stuck: the escalation of incident ${id}, which is resolved`),
		...(books.auditIntact ? [] : ["lost: the audit log is not intact"]),
	]
}

/** Incidents of a label set that started before an earlier one was resolved. */
function doubled(incidents: readonly ListedIncident[]): ListedIncident[] {
	const inOrder = [...incidents].sort((a, b) => a.startsAt - b.startsAt || a.id - b.id)
	const latest = new Map<string, ListedIncident>()
	return inOrder.filter((incident) => {
		const before = latest.get(incident.fingerprint)
		latest.set(incident.fingerprint, incident)
		return before !== undefined && incident.startsAt < (before.resolvedAt ?? Number.POSITIVE_INFINITY)
	})
}

/** The time in which a drill may cause incidents, and the alerts that it explains. */
export interface Claim {
	readonly alerts: ReadonlySet<string>
	readonly from: number
	readonly to: number
}

/** Incidents for people that no drill explains. Information and what the stack says of itself at its start is none. */
export function unexplained(incidents: readonly ListedIncident[], claims: readonly Claim[]): ListedIncident[] {
	return incidents.filter(
		({ alertname, severity, startsAt }) =>
			severity !== "info" &&
			!claims.some(({ alerts, from, to }) => alerts.has(alertname) && startsAt >= from && startsAt <= to),
	)
}
