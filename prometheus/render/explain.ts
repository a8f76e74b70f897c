import type { Alert, AlertFile } from "../../core/alerts/model.ts"
import { pathsOf, total, worstDetection } from "../../core/alerts/timing.ts"
import { formatDuration } from "../../core/lib/config.ts"
import type { AlertRule } from "./rules.ts"

/** What an alert means, for a person: condition, numbers, time to notice, where it goes, what inhibits it. */
export function explainAlert(
	alert: Alert,
	file: AlertFile,
	rule: AlertRule,
	inbox: readonly { channel: string; reason: string }[],
): string {
	const delays = worstDetection(alert.trigger, alert.forMs, alert.severity, alert.volumes)
	const lines = [
		`${alert.name}: ${alert.severity}`,
		"",
		`Fires when    ${alert.trigger.text}`,
		`              ${timing(alert)}`,
		...pathLines(alert),
		...file.parameters
			.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(alert.trigger.text))
			.map(
				({ name, value, byDefault }) =>
					`              ${name} is ${value}${byDefault ? " (not given in the file)" : ""}`,
			),
		...alert.volumes.map(
			({ path, atLeast }) => `              only with at least ${atLeast} observations behind ${path.text}`,
		),
		"",
		`As PromQL     ${rule.expr}`,
		`Noticed       within ${formatDuration(total(delays))} at worst: ${delays.map(({ what, ms }) => `${what} ${formatDuration(ms)}`).join(" + ")}`,
		`Goes to       alert-webhook${alert.channels.map((channel) => `, ${channel}${inbox.some((entry) => entry.channel === channel) ? " (inbox)" : ""}`).join("")}`,
		...inbox
			.filter(({ channel }) => alert.channels.includes(channel))
			.map(({ channel, reason }) => `              ${channel} goes to the console's inbox: ${reason}`),
		`Labels        ${Object.entries(rule.labels)
			.map(([name, value]) => `${name}=${value}`)
			.join(" ")}`,
		...inhibitionLines(alert, file),
		...(alert.remediation === undefined ? [] : [`Remediation   ${alert.remediation}`]),
		`Runbook       ${rule.annotations.runbook_url}`,
	]
	return `${lines.join("\n")}\n`
}

function timing({ forMs, keepFiringMs, trigger }: Alert): string {
	const dimension = trigger.kind === "condition" ? trigger.condition.dimension : undefined
	const each = dimension === undefined ? "" : `, for each ${dimension} by itself`
	const keeps =
		keepFiringMs > 0 ? `; continues for ${formatDuration(keepFiringMs)} after the condition is no longer true` : ""
	return `${forMs > 0 ? `without a break for ${formatDuration(forMs)}` : "at once"}${each}${keeps}`
}

function pathLines({ trigger }: Alert): string[] {
	if (trigger.kind === "promql") return [`              from the series ${trigger.series.join(", ")}`]
	const seen = new Map(pathsOf(trigger.condition).map(({ path }) => [path.text, path.spec.help]))
	return [...seen].map(([text, help]) => `              ${text}: ${help}`)
}

function inhibitionLines(alert: Alert, file: AlertFile): string[] {
	const by = file.alerts.filter(
		(other) =>
			other !== alert &&
			(other.silences.includes(alert.name) ||
				alert.symptomOf.includes(other.name) ||
				(other.role === "cause" &&
					alert.role !== "cause" &&
					alert.remediation === undefined &&
					alert.component !== undefined &&
					other.component === alert.component)),
	)
	const inhibitedBy = by.length === 0 ? [] : [`Inhibited     while ${by.map(({ name }) => name).join(" or ")} fires`]
	return alert.silences.length === 0 ? inhibitedBy : [...inhibitedBy, `Inhibits      ${alert.silences.join(", ")}`]
}
