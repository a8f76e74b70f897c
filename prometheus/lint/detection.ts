import { type Binary, type Call, type Expression, inside, partsOf } from "./expression.ts"

/** What else delays an alert, in milliseconds. */
export interface Intervals {
	readonly scrape: number
	/** Between two evaluations of the alert's group. */
	readonly evaluation: number
	readonly groupWait: number
}

/** How long it may take from a fault to the notification, in milliseconds, part by part. */
export interface Detection {
	readonly scrape: number
	/** Until the windows that the expression looks back over have forgotten what was before, recording rules included. */
	readonly window: number
	readonly evaluation: number
	readonly for: number
	readonly groupWait: number
	readonly total: number
}

/** A recording rule, and how often its group is evaluated. */
export interface Recording {
	readonly expression: Expression
	readonly interval: number
}

/**
 * The worst case for a step from healthy to wholly broken. Prometheus fires at the first evaluation at which the
 * condition has been true for `for`, so `for` is rounded up to evaluations.
 */
export function detectionOf(
	expression: Expression,
	holdMs: number,
	intervals: Intervals,
	recordings: ReadonlyMap<string, Recording>,
): Detection {
	const { scrape, evaluation, groupWait } = intervals
	const window = windowOf(expression, recordings, new Set()) + commonOffset(expression)
	const hold = evaluation > 0 ? Math.ceil(holdMs / evaluation) * evaluation : holdMs
	return { scrape, window, evaluation, for: hold, groupWait, total: scrape + window + evaluation + hold + groupWait }
}

/**
 * A maximum rises, and a count exceeds 0, with one sample. A ratio of counters that were all good has reached the threshold
 * `t` once everything has failed for `t` of the window.
 */
function windowOfComparison(
	{ left, right, operator }: Binary,
	recordings: ReadonlyMap<string, Recording>,
	seen: ReadonlySet<string>,
): number {
	const other = windowOf(right, recordings, seen)
	const { core, delay } = coreOf(left, recordings)
	if (core.kind === "call" && isPrompt(core, operator, right))
		return Math.max(delay + promptWindow(core, recordings, seen), other)
	const threshold = right.kind === "number" ? right.value : Number.NaN
	if (core.kind === "binary" && core.operator === "/" && operator.startsWith(">") && threshold > 0 && threshold < 1)
		return Math.max(delay + windowOf(core, recordings, seen) * threshold, other)
	return Math.max(windowOf(left, recordings, seen), other)
}

/** What an expression is about, below aggregations and recording rules, and what the latter delay it. */
function coreOf(
	expression: Expression,
	recordings: ReadonlyMap<string, Recording>,
	depth = 0,
): { readonly core: Expression; readonly delay: number } {
	if (expression.kind === "aggregation" && /^(?:sum|max)$/.test(expression.operator))
		return coreOf(expression.of, recordings, depth)
	const name = expression.kind === "selector" && expression.range === undefined ? expression.name : undefined
	const recording = name === undefined ? undefined : recordings.get(name)
	if (recording === undefined || depth > 10) return { core: expression, delay: 0 }
	const { core, delay } = coreOf(recording.expression, recordings, depth + 1)
	return { core, delay: delay + recording.interval }
}

/** Functions whose result changes with the next sample. */
const PROMPT = /^(?:irate|idelta|last_over_time|present_over_time)$/

function windowOf(
	expression: Expression,
	recordings: ReadonlyMap<string, Recording>,
	seen: ReadonlySet<string>,
): number {
	if (expression.kind === "selector") {
		const recording = expression.name === undefined ? undefined : recordings.get(expression.name)
		const below =
			recording === undefined || seen.has(expression.name ?? "")
				? 0
				: recording.interval + windowOf(recording.expression, recordings, new Set([...seen, expression.name ?? ""]))
		return below + (expression.range ?? 0)
	}
	if (expression.kind === "subquery")
		return expression.range + expression.step + windowOf(expression.of, recordings, seen)
	if (expression.kind === "binary" && /^[<>]=?$/.test(expression.operator))
		return windowOfComparison(expression, recordings, seen)
	return Math.max(0, ...partsOf(expression).map((part) => windowOf(part, recordings, seen)))
}

function isPrompt({ name }: Call, operator: string, threshold: Expression): boolean {
	const rises = operator.startsWith(">")
	const exceedsNothing = operator === ">" && threshold.kind === "number" && threshold.value === 0
	if (/^(?:increase|rate|changes|resets|count_over_time|sum_over_time)$/.test(name)) return exceedsNothing
	if (name === "max_over_time") return rises
	if (name === "min_over_time") return !rises
	return PROMPT.test(name)
}

/** The window of what is inside a call, without the call's own range. */
const promptWindow = ({ args }: Call, recordings: ReadonlyMap<string, Recording>, seen: ReadonlySet<string>): number =>
	Math.max(
		0,
		...args.map((argument) =>
			argument.kind === "selector"
				? windowOf({ ...argument, range: undefined }, recordings, seen)
				: argument.kind === "subquery"
					? argument.step + windowOf(argument.of, recordings, seen)
					: windowOf(argument, recordings, seen),
		),
	)

/** An offset delays only when everything that is read has one. */
function commonOffset(expression: Expression): number {
	const offsets = [...inside(expression)].flatMap((each) => (each.kind === "selector" ? [each.offset] : []))
	return offsets.length === 0 ? 0 : Math.max(0, Math.min(...offsets))
}
