export interface AlertInput {
	readonly name?: string
	readonly status?: "firing" | "resolved"
	readonly severity?: string
	readonly fingerprint?: string
	readonly startsAt?: string
	readonly endsAt?: string
	readonly labels?: Record<string, string>
	readonly annotations?: Record<string, string>
}

/** One alert as Alertmanager writes it, with fields of newer versions. */
export const alert = (input: AlertInput = {}) => ({
	status: input.status ?? "firing",
	labels: { alertname: input.name ?? "database_down", severity: input.severity ?? "critical", ...input.labels },
	annotations: { summary: "PostgreSQL does not answer", ...input.annotations },
	startsAt: input.startsAt ?? "2026-11-23T08:00:00.123456789Z",
	endsAt: input.endsAt ?? (input.status === "resolved" ? "2026-11-23T08:10:00Z" : "0001-01-01T00:00:00Z"),
	generatorURL: "http://127.0.0.1:9090/graph?g0.expr=up",
	fingerprint: input.fingerprint ?? "a1b2c3d4e5f60718",
	addedByANewerVersion: { anything: [1, 2, 3] },
})

/** A version 4 notification around alerts. */
export const notification = (alerts: readonly unknown[], extra: Record<string, unknown> = {}) => ({
	version: "4",
	groupKey: '{}:{alertname="database_down"}',
	truncatedAlerts: 0,
	status: "firing",
	receiver: "observatory",
	groupLabels: {},
	commonLabels: {},
	commonAnnotations: {},
	externalURL: "http://alertmanager",
	notification_reason: "FirstNotification",
	alerts,
	...extra,
})
