import type { Alert, AlertFile } from "../../core/alerts/model.ts"
import { total, worstDetection } from "../../core/alerts/timing.ts"
import { formatDuration } from "../../core/lib/config.ts"

/** A part of the system whose failure people must know of. */
export interface CriticalComponent {
	readonly name: string
	/** Who repairs it. */
	readonly owner: string
	/** Alerts on its faults. */
	readonly faults: readonly string[]
	/** Alerts that fire when nothing is known about it any more. */
	readonly absence: readonly string[]
}

/** Everything that is critical. A critical alert that is not listed fails the test. */
export const CRITICAL_COMPONENTS: readonly CriticalComponent[] = [
	{
		name: "database",
		owner: "operations",
		faults: [
			"database_down",
			"database_slow",
			"database_connections_high",
			"database_storage_forecast",
			"database_deadlocks",
		],
		absence: ["collector_failed", "exporter_down"],
	},
	{
		name: "opentelemetry",
		owner: "operations",
		faults: ["opentelemetry_down", "telemetry_spans_dropped", "telemetry_buffer_filling", "telemetry_export_errors"],
		absence: ["opentelemetry_down", "exporter_down"],
	},
	{
		name: "mcp_servers",
		owner: "operations",
		faults: ["mcp_servers_down", "mcp_connection_lost", "mcp_server_degraded", "mcp_server_slow"],
		absence: ["exporter_down", "collector_failed"],
	},
	{
		name: "github_actions",
		owner: "development",
		faults: ["github_actions_down"],
		absence: ["collector_failed", "exporter_down"],
	},
	{
		name: "sessions",
		owner: "operations",
		faults: ["sessions_all_failing", "autonomous_session_failure_spike", "session_waiting", "session_looping"],
		absence: ["collector_failed", "exporter_down"],
	},
	{
		name: "safety",
		owner: "security",
		faults: ["safety_violation", "safety_violation_critical", "safety_compliance_low", "emergency_stopped"],
		absence: ["collector_failed", "exporter_down"],
	},
	{
		name: "cost",
		owner: "finance",
		faults: ["token_limit_approaching", "high_token_usage", "budget_forecast"],
		absence: ["cost_unknown", "collector_failed"],
	},
	{
		name: "workers",
		owner: "operations",
		faults: ["high_memory_usage", "worker_down"],
		absence: ["worker_down", "collector_failed"],
	},
	{
		name: "improvements",
		owner: "development",
		faults: ["rollback_failing", "rollback_rate_high", "review_backlog"],
		absence: ["collector_failed", "exporter_down"],
	},
	{ name: "exporters", owner: "operations", faults: ["exporter_down", "collector_failed"], absence: ["exporter_down"] },
	{
		name: "alert-webhook",
		owner: "operations",
		faults: ["webhook_down", "pages_unsent", "escalations_late"],
		absence: ["webhook_down"],
	},
	{ name: "Prometheus", owner: "operations", faults: ["rule_evaluation_failing"], absence: ["watchdog"] },
	{
		name: "Alertmanager",
		owner: "operations",
		faults: ["notifications_failing", "pages_unsent", "pages_silenced"],
		absence: ["heartbeat_lost"],
	},
	{ name: "gate", owner: "security", faults: ["gate_unproven"], absence: ["gate_unproven"] },
	{ name: "audit log", owner: "security", faults: ["audit_log_changed"], absence: ["webhook_down"] },
]

/** What is missing in the coverage of the critical components by a file of alerts, as sentences. */
export function coverageGaps({ alerts }: AlertFile, runbooks: ReadonlySet<string>): string[] {
	const named = (name: string) => alerts.filter((alert) => alert.name === name)
	const listed = new Set(CRITICAL_COMPONENTS.flatMap(({ faults, absence }) => [...faults, ...absence]))
	return [
		...CRITICAL_COMPONENTS.flatMap(({ name, owner, faults, absence }) => [
			...(faults.some((alert) => named(alert).length > 0) ? [] : [`${name} has no alert`]),
			...(absence.some((alert) => named(alert).length > 0) ? [] : [`${name} has no alert on its absence`]),
			...(owner === "" ? [`${name} has no owner`] : []),
			...(faults.flatMap(named).some((alert) => responseTo(alert) !== undefined)
				? []
				: [`${name} has neither a remediation nor an escalation nor a channel`]),
		]),
		...[...listed].flatMap((name) => [
			...(named(name).length > 0 ? [] : [`the alert ${name} does not exist`]),
			...(runbooks.has(name) ? [] : [`the alert ${name} has no runbook`]),
		]),
		...alerts
			.filter(({ name, severity }) => severity === "critical" && !listed.has(name))
			.map(({ name }) => `the critical alert ${name} belongs to no component`),
	]
}

/** What is done about an alert; undefined for nothing. */
function responseTo({ remediation, escalation, severity, channels }: Alert): string | undefined {
	if (remediation !== undefined) return remediation
	if (escalation !== undefined) return `escalation ${escalation}`
	if (severity === "critical") return "escalation of critical alerts"
	return channels.length > 0 ? `notifies ${channels.join(", ")}` : undefined
}

/** The coverage of the critical components, for people. */
export function renderCoverage(file: AlertFile): string {
	const link = (name: string) => `[${name}](runbooks/${name}.md)`
	const rows = CRITICAL_COMPONENTS.flatMap(({ name, owner, faults, absence }) =>
		faults.flatMap((fault) =>
			file.alerts
				.filter((alert) => alert.name === fault)
				.map((alert) => {
					const worst = formatDuration(total(worstDetection(alert.trigger, alert.forMs, alert.severity, alert.volumes)))
					return `| ${name} | ${link(fault)} | ${alert.severity} | ${worst} | ${responseTo(alert) ?? "none"} | ${absence.map(link).join(", ")} | ${owner} |`
				}),
		),
	)
	return `<!-- Generated by \`npm run rules\` from alerts.yaml and prometheus/render/coverage.ts. Do not edit: the next run overwrites it. -->

# Coverage

Each critical component with the alerts on its faults, the time until they notify at worst, the response, and the alerts
that fire when nothing is known about it any more. Each name leads to its runbook. ${CRITICAL_COMPONENTS.length} of ${CRITICAL_COMPONENTS.length} components are
covered: the tests fail otherwise. The heartbeat \`watchdog\` has no condition: alert-webhook pages when it stops arriving.

| component | alert | severity | notified within | response | absence | owner |
| --------- | ----- | -------- | --------------- | -------- | ------- | ----- |
${rows.join("\n")}
`
}
