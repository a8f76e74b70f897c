import { holds } from "../../core/alerts/check/constant.ts"
import type { Alert } from "../../core/alerts/model.ts"
import type { Leaf } from "./leaves.ts"
import type { Limit } from "./plain.ts"
import { feedBuckets } from "./series.ts"
import { type Check, type UnitTest, unitTest } from "./unit-test.ts"

/** The sample at which observations begin; a histogram starts at 0. */
const START = 2
/** How many observations a sample adds. */
const OBSERVATIONS = 1_000_000

/** Tests of a quantile: just below and just above its limit, for its duration, and until its window has forgotten. */
export function quantileTests(alert: Alert, leaf: Leaf, { read, op, limit }: Limit, stepMs: number): UnitTest[] {
	const sides = [0.97, 1.03].map((factor) => limit * factor)
	const firing = sides.find((value) => holds(op, value, limit))
	const quiet = sides.find((value) => !holds(op, value, limit))
	if (firing === undefined || quiet === undefined || alert.keepFiringMs > 0) return []
	const [over, under] = [firing, quiet].map((value) => shares(leaf, read.share, value))
	const lasting = alert.forMs / stepMs
	const window = read.windowMs / stepMs
	if (!over || !under || !Number.isInteger(lasting) || !Number.isInteger(window) || window < 4) return []
	const build = (what: string, added: ReadonlyMap<number, number>, until: number, checks: readonly Check[]) =>
		unitTest(
			alert,
			what,
			stepMs,
			feedBuckets(
				leaf,
				new Map(
					[...added].map(([bound, each]) => [
						bound,
						Array.from({ length: Math.max(...checks.map(({ at }) => at)) / stepMs + 2 }, (_, i) =>
							i < START ? 0 : each * (Math.min(i, until) - START + 1),
						),
					]),
				),
			),
			checks,
		)
	const at = (step: number, state: Check["state"], is: boolean): Check => ({ at: step * stepMs, state, is })
	const last = START + window - 2
	return [
		build("is quiet just beside its limit", under, Infinity, [at(START + 2, "active", false)]),
		build("fires just beyond its limit, after its duration", over, Infinity, [
			at(START - 1, "active", false),
			...(lasting > 0 ? [at(START + lasting - 1, "firing", false)] : []),
			at(START + lasting, "firing", true),
		]),
		build("is active until its window has forgotten", over, START, [
			at(last, "active", true),
			at(START + window + 1, "active", false),
		]),
	]
}

/**
 * Observations at most as large as each bound, so that the quantile is the value: most are in the first bucket, so that
 * another share of them is much smaller. Undefined when the value lies in the first bucket or beyond the last.
 */
function shares(leaf: Leaf, share: number, value: number): ReadonlyMap<number, number> | undefined {
	const bounds = leaf.vector.of.kind === "series" ? (leaf.vector.of.buckets ?? []) : []
	const at = bounds.findIndex((bound) => bound >= value)
	const [low, high] = [bounds[at - 1], bounds[at]]
	if (low === undefined || high === undefined) return undefined
	const place = (value - low) / (high - low)
	const below = Math.max((share - place) / (1 - place), 0.6 * share)
	const inside = (share - below) / place
	const count = (part: number) => Math.round(part * OBSERVATIONS)
	return new Map(
		[...bounds, Infinity].map((bound, i) => [
			bound,
			i < at ? count(below) : i === at ? count(below + inside) : OBSERVATIONS,
		]),
	)
}
