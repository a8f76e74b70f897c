import { total, worstDetection } from "../../core/alerts/timing.ts"
import { type Element, type Firing, firings, type Tally, type Timeline, tally } from "./firings.ts"
import { holdsWith, type Question, type Threshold } from "./question.ts"

/** A stretch of time in which something was wrong indeed, so that an alert in it is no false one. */
export interface Incident {
	readonly fromMs: number
	readonly toMs: number
}

/** What an alert reads from a history. */
export interface History {
	readonly timeline: Timeline
	readonly elements: readonly Element[]
	/** For how long the series it reads were there. */
	readonly observedMs: number
	readonly incidents: readonly Incident[]
}

/** The number of false alarms that is allowed in a period. */
export interface Target {
	readonly alarms: number
	readonly periodMs: number
}

/** An alert's two numbers and what comes of them. */
export interface Setting {
	readonly limit: number | undefined
	readonly forMs: number
	readonly fired: Tally
	/** Firings outside of the known incidents. */
	readonly falseAlarms: number
	/** Known incidents in which it fired. */
	readonly caught: number
}

export interface Calibration {
	readonly question: Question
	readonly observedMs: number
	readonly allowed: number
	readonly now: Setting
	readonly verdict: "no history" | "keep" | "change" | "no proposal"
	readonly proposal: Setting | undefined
	/** Whether the history is too short to distinguish the target from no false alarms at all. */
	readonly short: boolean
}

/** Durations that people write. */
const LADDER = [15, 30, 60, 120, 180, 300, 600, 900, 1_200, 1_800, 3_600, 7_200].map((seconds) => seconds * 1_000)
const DETECTION_MS = 5 * 60_000
/** How many thresholds are tried between the present one and the highest that matters. */
const TRIED = 60

/**
 * How often an alert would have fired, and what to write instead when that is above the target: a duration at
 * most twice as long (or up to 5 minutes) if that is enough, else another threshold, else a longer duration; the first of
 * them that misses no known incident which is caught now. A critical alert gets none that makes its detection slower than
 * 5 minutes.
 */
export function calibrate(question: Question, history: History, target: Target): Calibration {
	const { alert, threshold } = question
	const allowed = Math.floor((target.alarms * history.observedMs) / target.periodMs)
	const now = settingOf(question, history, threshold?.limit, alert.forMs)
	const about = { question, observedMs: history.observedMs, allowed, now, short: allowed < 1 }
	if (history.observedMs === 0) return { ...about, verdict: "no history", proposal: undefined }
	if (now.falseAlarms <= allowed) return { ...about, verdict: "keep", proposal: undefined }
	const longer = longerDuration(question, history, allowed)
	const options = [
		longer && longer.forMs <= Math.max(2 * alert.forMs, DETECTION_MS) ? longer : undefined,
		otherThreshold(question, history, allowed),
		longer,
	].filter((setting) => setting !== undefined)
	const proposal = options.find(({ caught }) => caught >= now.caught) ?? options[0]
	return { ...about, verdict: proposal ? "change" : "no proposal", proposal }
}

/** What comes of a threshold and a duration. */
export function settingOf(question: Question, history: History, limit: number | undefined, forMs: number): Setting {
	const { timeline, elements, incidents } = history
	const times = { forMs, keepFiringMs: question.alert.keepFiringMs }
	const all = elements.flatMap(({ values }) =>
		firings((i) => holdsWith(question.threshold, values[i] ?? Number.NaN, limit), timeline, times),
	)
	return {
		limit,
		forMs,
		fired: tally(all),
		falseAlarms: all.filter((firing) => !incidents.some((incident) => overlaps(firing, incident))).length,
		caught: incidents.filter((incident) => all.some((firing) => overlaps(firing, incident))).length,
	}
}

const overlaps = (firing: Firing, { fromMs, toMs }: Incident) => firing.fromMs < toMs && firing.toMs > fromMs

function longerDuration(question: Question, history: History, allowed: number): Setting | undefined {
	const { alert, threshold } = question
	if (alert.trigger.kind === "condition" && alert.trigger.condition.kind === "event") return undefined
	for (const forMs of LADDER) {
		const detection = total(worstDetection(alert.trigger, forMs, alert.severity, alert.volumes))
		if (alert.severity === "critical" && detection >= DETECTION_MS) return undefined
		if (forMs <= alert.forMs || forMs < history.timeline.stepMs) continue
		const setting = settingOf(question, history, threshold?.limit, forMs)
		if (setting.falseAlarms <= allowed) return setting
	}
	return undefined
}

/** The threshold nearest to the present one from which on, at the present duration, there are few enough alarms. */
function otherThreshold(question: Question, history: History, allowed: number): Setting | undefined {
	const { alert, threshold } = question
	if (!threshold) return undefined
	let best: Setting | undefined
	for (const limit of candidates(threshold, history, alert.forMs)) {
		const setting = settingOf(question, history, limit, alert.forMs)
		if (setting.falseAlarms > allowed) break
		best = setting
	}
	return best
}

/** Round numbers beyond the present threshold, farthest first, within what the value can be. */
function candidates(threshold: Threshold, { timeline, elements }: History, forMs: number): number[] {
	const sign = threshold.op.startsWith(">") ? 1 : -1
	const span = Math.ceil(forMs / timeline.stepMs) + 1
	const limits = elements
		.flatMap(({ values }) => strictestLimits(values, span, sign))
		.filter((value) => value * sign >= threshold.limit * sign)
	const sorted = Float64Array.from(new Set(limits)).sort()
	const last = sorted.length - 1
	const picked = Array.from(
		{ length: Math.min(TRIED, sorted.length) },
		(_, i) => sorted[Math.round((i * last) / Math.max(1, Math.min(TRIED, sorted.length) - 1))] ?? 0,
	)
	const [low, high] = threshold.range
	const round = [...new Set(picked.map((value) => beyond(value, sign)))]
	return round.filter((value) => value > low && value < high).sort((a, b) => (b - a) * sign)
}

/** For each stretch of `span` instants that all have a value, the strictest limit at which the condition is true throughout. */
function strictestLimits(values: Float64Array, span: number, sign: 1 | -1): number[] {
	const found: number[] = []
	const window: number[] = []
	let since = 0
	for (let i = 0; i < values.length; i++) {
		const value = (values[i] ?? Number.NaN) * sign
		if (Number.isNaN(value)) {
			since = i + 1
			window.length = 0
			continue
		}
		while (window.length > 0 && (values[window.at(-1) ?? 0] ?? 0) * sign >= value) window.pop()
		window.push(i)
		if ((window[0] ?? 0) <= i - span) window.shift()
		if (i - since + 1 >= span) found.push(values[window[0] ?? 0] ?? 0)
	}
	return found
}

/** The next number of at most two digits that lies beyond a value, so that the value itself no longer counts. */
export function beyond(value: number, sign: 1 | -1): number {
	if (!Number.isFinite(value)) return value
	const unit = value === 0 ? 0.01 : 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1)
	const steps = Math.floor((value * sign) / unit + 1e-9) + 1
	return Number((steps * unit * sign).toPrecision(12))
}
