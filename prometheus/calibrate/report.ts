import type { Quantity } from "../../core/catalogue/types.ts"
import { formatDuration } from "../../core/lib/config.ts"
import type { Calibration, Setting, Target } from "./propose.ts"

/** What a run was about. */
export interface Run {
	readonly prometheusUrl: string
	readonly fromMs: number
	readonly toMs: number
	readonly stepMs: number
	readonly target: Target
	/** How many incidents are known; undefined when none were given. */
	readonly incidents: number | undefined
	readonly refused: readonly Refused[]
	/** Steps of incidents in the history that were slower than the alert's worst case. */
	readonly broken: readonly BrokenPromises[]
}

export interface BrokenPromises {
	readonly alert: string
	/** condition, duration or notification. */
	readonly step: string
	readonly times: number
}

/** An alert whose condition Prometheus would not evaluate over this history. */
export interface Refused {
	readonly alert: string
	readonly severity: string
	readonly reason: string
}

/** A table for people, the alerts that need something first. */
export function renderTable(run: Run, calibrations: readonly Calibration[]): string {
	const rank = { change: 0, "no proposal": 1, keep: 2, "no history": 3 }
	const rows = [...calibrations]
		.sort((a, b) => rank[a.verdict] - rank[b.verdict] || b.now.falseAlarms - a.now.falseAlarms)
		.map((of) => cells(of, run.incidents))
	const table = [
		["alert", "severity", "watched", "fired", "false", "allowed", "firing", "longest", "proposal"],
		...rows,
	]
	const widths = table[0]?.map((_, i) => Math.max(...table.map((row) => row[i]?.length ?? 0))) ?? []
	const lines = table.map((row) =>
		row
			.map((cell, i) => cell.padEnd(widths[i] ?? 0))
			.join("  ")
			.trimEnd(),
	)
	return `${[...lines, "", ...notes(run, calibrations)].join("\n")}\n`
}

function cells(
	{ question: { alert, threshold }, observedMs, allowed, now, verdict, proposal, short }: Calibration,
	incidents: number | undefined,
): string[] {
	const quantity = threshold?.quantity
	const words = {
		"no history": "its series are not in this history",
		keep: "keep",
		"no proposal": "no threshold or duration does it; look at the condition",
		change: proposal ? `${changed(now, proposal, quantity)}: ${outcome(now, proposal, incidents)}` : "",
	}[verdict]
	return [
		alert.name,
		alert.severity,
		observedMs === 0 ? "-" : days(observedMs),
		String(now.fired.count),
		String(now.falseAlarms),
		`${short ? "~" : ""}${allowed}`,
		now.fired.count === 0 ? "-" : roughly(now.fired.totalMs),
		now.fired.count === 0 ? "-" : `${roughly(now.fired.longestMs)}${now.fired.open > 0 ? "…" : ""}`,
		words,
	]
}

function changed(now: Setting, proposal: Setting, quantity: Quantity | undefined): string {
	const parts = []
	if (proposal.limit !== undefined && now.limit !== undefined && proposal.limit !== now.limit)
		parts.push(`threshold ${written(now.limit, quantity)} → ${written(proposal.limit, quantity)}`)
	if (proposal.forMs !== now.forMs)
		parts.push(`duration ${formatDuration(now.forMs)} → ${formatDuration(proposal.forMs)}`)
	return parts.join(", ")
}

function outcome(now: Setting, proposal: Setting, incidents: number | undefined): string {
	const missed = now.caught - proposal.caught
	const left = `${proposal.falseAlarms} false`
	if (incidents === undefined) return left
	return missed > 0
		? `${left}, but misses ${missed} of ${now.caught} incidents`
		: `${left}, none of ${now.caught} incidents missed`
}

/** A threshold as a condition has it. */
export function written(value: number, quantity: Quantity | undefined): string {
	const plain = (number: number) => String(Number(number.toPrecision(12)))
	if (quantity === "ratio") return `${plain(value * 100)}%`
	if (quantity === "usd") return `$${plain(value)}`
	if (quantity === "seconds" && value > 0 && Number.isInteger(Number((value * 1000).toPrecision(12))))
		return formatDuration(value * 1000)
	if (quantity === "bytes") {
		for (const [unit, size] of [
			["TB", 1e12],
			["GB", 1e9],
			["MB", 1e6],
			["KB", 1e3],
		] as const)
			if (Math.abs(value) >= size) return `${plain(value / size)}${unit}`
	}
	return plain(value)
}

const days = (ms: number) => (ms >= 86_400_000 ? `${(ms / 86_400_000).toFixed(1)}d` : roughly(ms))

/** A duration by its two largest units. */
export const roughly = (ms: number): string => (formatDuration(ms).match(/\d+[a-z]+/g) ?? []).slice(0, 2).join("")

export function notes(
	{ fromMs, toMs, stepMs, target, incidents, refused, broken }: Run,
	calibrations: readonly Calibration[],
): string[] {
	const day = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`
	return [
		`${day(fromMs)} to ${day(toMs)}, looked at every ${formatDuration(stepMs)}; target: at most ${target.alarms} false alarms of an alert in ${formatDuration(target.periodMs)}.`,
		incidents === undefined
			? "Every firing counts as a false alarm. --incidents FILE says when something was wrong indeed."
			: `${incidents} incidents are known; firings in them are no false alarms.`,
		...(calibrations.some(({ short, verdict }) => short && verdict !== "no history")
			? ["~ The history is too short to distinguish the target from no false alarms at all."]
			: []),
		...(calibrations.some(({ now }) => now.fired.open > 0) ? ["… It had not ended when the history did."] : []),
		...refused.map(({ alert, severity, reason }) => `${alert} (${severity}) could not be looked at: ${reason}`),
		...broken.map(
			({ alert, step, times }) =>
				`${alert}: the ${step} took longer than its worst case ${times === 1 ? "once" : `${times} times`}; npm run rules -- --explain ${alert} has the promise.`,
		),
	]
}

/** The same for programs: durations in seconds, thresholds in base units. */
export const renderJson = (run: Run, calibrations: readonly Calibration[]): string =>
	`${JSON.stringify(
		{
			prometheus: run.prometheusUrl,
			from: new Date(run.fromMs).toISOString(),
			to: new Date(run.toMs).toISOString(),
			stepSeconds: run.stepMs / 1000,
			target: { alarms: run.target.alarms, periodSeconds: run.target.periodMs / 1000 },
			incidents: run.incidents ?? null,
			refused: run.refused,
			brokenPromises: run.broken,
			alerts: calibrations.map(({ question, observedMs, allowed, now, verdict, proposal, short }) => ({
				alert: question.alert.name,
				severity: question.alert.severity,
				expr: question.expr,
				operator: question.threshold?.op ?? null,
				observedSeconds: observedMs / 1000,
				allowedFalseAlarms: allowed,
				historyTooShort: short,
				verdict,
				now: asJson(now),
				proposal: proposal ? asJson(proposal) : null,
			})),
		},
		null,
		2,
	)}\n`

const asJson = ({ limit, forMs, fired, falseAlarms, caught }: Setting) => ({
	threshold: limit ?? null,
	durationSeconds: forMs / 1000,
	fired: fired.count,
	firingSeconds: fired.totalMs / 1000,
	longestSeconds: fired.longestMs / 1000,
	stillFiring: fired.open,
	falseAlarms,
	incidentsCaught: caught,
})
