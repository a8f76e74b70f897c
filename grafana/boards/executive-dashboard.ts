import { overallHealthScore, uptimePercentage } from "../../core/catalogue/subjects/components.ts"
import { costSavings7d, deployed30d, performanceGain } from "../../core/catalogue/subjects/improvements.ts"
import { rollbackSuccess, violationsTotal1h } from "../../core/catalogue/subjects/safety.ts"
import { sessionCost1d, sessionFailureRatio } from "../../core/catalogue/subjects/sessions.ts"
import type { Board } from "../kit/board.ts"
import { band, on12 } from "../kit/layout.ts"
import { recorded } from "../kit/query.ts"
import { atLeast, atMost, none } from "../kit/thresholds.ts"
import { stat, timeseries } from "../kit/visuals.ts"
import { agentFailures, agentUse } from "./panels/agents.ts"
import { outcomeStats } from "./panels/outcomes.ts"
import { safetyScore } from "./panels/safety.ts"
import { openIncidents } from "./panels/severities.ts"
import { EXECUTIVE, OPERATIONS, SAFETY, SYSTEM, TECHNICAL } from "./uids.ts"

const health = stat({
	key: "system-health",
	title: "System Health",
	empty: "No health data yet",
	detail: SYSTEM,
	shows: [recorded(overallHealthScore, "Health"), recorded(uptimePercentage, "Uptime, 30 d")],
	thresholds: atLeast({ good: 0.99, warning: 0.75, critical: 0.5 }),
	stepsOf: { 1: atLeast({ good: 99.5, warning: 99, critical: 95 }) },
})

const impact = timeseries({
	key: "improvement-impact",
	title: "Improvement Impact",
	empty: "No improvement has been measured yet",
	detail: TECHNICAL,
	over: "7d",
	shows: [recorded(performanceGain, "Performance gain"), recorded(costSavings7d, "Cost savings")],
})

const improvementsThisMonth = stat({
	key: "improvements-this-month",
	title: "Improvements This Month",
	empty: "None deployed yet",
	detail: TECHNICAL,
	shows: [recorded(deployed30d, "Improvements deployed")],
})

const violations = stat({
	key: "violations-1h",
	title: "Safety Violations, Last Hour",
	empty: "No safety data yet",
	detail: SAFETY,
	shows: [recorded(violationsTotal1h, "Violations")],
	thresholds: none,
})

const cost = stat({
	key: "cost-1d",
	title: "Cost, Last 24 Hours",
	empty: "No cost data yet",
	detail: TECHNICAL,
	shows: [recorded(sessionCost1d, "Cost")],
	history: true,
})

const reliability = stat({
	key: "reliability",
	title: "Failures and Recovery",
	empty: "No session ended lately",
	detail: OPERATIONS,
	shows: [
		recorded(sessionFailureRatio, "Sessions failing, 15 m"),
		recorded(rollbackSuccess, "Rollbacks that worked, 7 d"),
	],
	thresholds: atMost({ warning: 0.1, critical: 0.3 }),
	stepsOf: { 1: atLeast({ good: 0.99, warning: 0.9, critical: 0.75 }) },
})

/** The layout of the upper half is the monitoring strategy's; the lower half gives the context of its numbers. */
export const executive: Board = {
	uid: EXECUTIVE,
	title: "Autonomous System Executive View",
	role: "executive",
	description: "Is the autonomous system healthy and safe, and is it worth its money?",
	refresh: "1m",
	from: "now-24h",
	next: [
		{ title: "Safety", uid: SAFETY },
		{ title: "Operations", uid: OPERATIONS },
	],
	items: [
		on12(0, 0, 6, 2, health),
		on12(6, 0, 6, 4, impact),
		on12(0, 2, 3, 2, safetyScore(true)),
		on12(3, 2, 3, 2, improvementsThisMonth),
		band(4, openIncidents({ detail: true }), violations, reliability, cost),
		band(4, ...outcomeStats),
		band(4, agentUse, agentFailures),
	],
}
