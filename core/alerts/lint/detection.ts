import { formatDuration, parseDuration } from "../../lib/config.ts"
import type { Alert } from "../model.ts"
import { total, worstDetection } from "../timing.ts"
import type { Lint } from "./lint.ts"

const BUDGET_MS = 5 * 60_000

/**
 * The strategy wants critical issues detected in under 5 minutes, and gives this one alert a duration that alone
 * uses them up. Both are in the same document, so the alert as written there only gets a warning.
 */
const AS_THE_STRATEGY_HAS_IT = {
	name: "autonomous_session_failure_spike",
	condition: "metrics.sessions.failureRate > 0.5",
	forMs: BUDGET_MS,
}

/**
 * `slow-detection`: a critical alert whose worst-case way from fault to notification is longer than its budget. Without
 * a condition that is understood, by its duration alone.
 */
export const detection: Lint = ({ alert, written }, report) => {
	const { severity, entry, unfit, label } = written
	if (severity !== "critical" || unfit.has("duration") || unfit.has("detection_budget")) return
	const forMs = parseDuration(entry.duration ?? "") ?? 0
	const budgetMs = parseDuration(entry.detection_budget ?? "")
	const delays = worstDetection(alert?.trigger, forMs, severity, alert?.volumes)
	const worst = total(delays)
	const budget = Math.max(BUDGET_MS, budgetMs ?? 0)
	if (worst < BUDGET_MS) return
	const acknowledged = budgetMs !== undefined && worst <= budget
	const waived = alert !== undefined && isTheStrategys(alert)
	const sum = delays.map(({ what, ms }) => `${what} ${formatDuration(ms)}`).join(" + ")
	report(written.spanOf("duration"), {
		id: "slow-detection",
		severity: acknowledged ? "info" : waived ? "warning" : "error",
		message: `${label} may take ${formatDuration(worst)} from the fault to the notification: ${sum}`,
		expected: `less than ${formatDuration(budget)} for a critical alert`,
		hint: acknowledged
			? "detection_budget acknowledges it"
			: `shorten duration to ${formatDuration(Math.max(0, forMs - (worst - BUDGET_MS) - 15_000))}, or acknowledge it with detection_budget: ${formatDuration(Math.ceil(worst / 60_000) * 60_000)}`,
	})
}

const isTheStrategys = ({ name, trigger, forMs }: Alert) =>
	name === AS_THE_STRATEGY_HAS_IT.name &&
	trigger.text === AS_THE_STRATEGY_HAS_IT.condition &&
	forMs === AS_THE_STRATEGY_HAS_IT.forMs
