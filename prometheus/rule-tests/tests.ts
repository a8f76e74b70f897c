import { type Alert, type AlertFile, walk } from "../../core/alerts/model.ts"
import { EVALUATION_MS } from "../../core/alerts/timing.ts"
import { formatDuration } from "../../core/lib/config.ts"
import { edgeTest } from "./edges.ts"
import { type Choices, evaluate } from "./evaluate.ts"
import { flipsOf } from "./flips.ts"
import { jumpTests } from "./jumps.ts"
import { type Choice, keyOf, type Leaf, leavesOf } from "./leaves.ts"
import { plainLimit } from "./plain.ts"
import { quantileTests } from "./quantiles.ts"
import { feed, type History, LATE_STEPS } from "./series.ts"
import { shapeTest } from "./shapes.ts"
import { expectation, type UnitTest, unitTest } from "./unit-test.ts"

export interface Proof {
	/** Tests by the step of their clock in milliseconds: long durations and windows are not walked through in 15 s. */
	readonly tests: ReadonlyMap<number, readonly UnitTest[]>
	/** Alerts for which no series were found that make them fire, and why. */
	readonly untested: readonly { readonly alert: string; readonly reason: string }[]
}

const MINUTE_MS = 60_000

/** How coarse an alert's tests may be without missing its duration or starving its windows of samples. */
function stepFor(alert: Alert, warmupMs: number): number {
	const until = warmupMs + alert.forMs
	const mayBeCoarse = (warmupMs === 0 || warmupMs >= 6 * MINUTE_MS) && alert.forMs % (2 * MINUTE_MS) === 0
	if (until > 180 * MINUTE_MS) return 2 * MINUTE_MS
	return mayBeCoarse && until > 5 * MINUTE_MS ? MINUTE_MS : EVALUATION_MS
}

const MAX_COMBINATIONS = 20_000

/** promtool unit tests for every alert: fires, not before its duration, quiet when healthy, at the threshold, and without series. */
export function renderProof(file: AlertFile): Proof {
	const conditions = file.alerts.filter(({ trigger }) => trigger.kind === "condition")
	const tests = new Map<number, UnitTest[]>([[EVALUATION_MS, conditions.length === 0 ? [] : [missing(conditions)]]])
	const untested: { alert: string; reason: string }[] = []
	const add = (stepMs: number, more: readonly UnitTest[]) => tests.set(stepMs, [...(tests.get(stepMs) ?? []), ...more])
	for (const alert of file.alerts) {
		if (alert.trigger.kind === "promql") {
			untested.push({ alert: alert.name, reason: "it is PromQL, whose meaning is not known here" })
			continue
		}
		const leaves = leavesOf(alert)
		if (leaves.some(({ dimension }) => dimension !== undefined && leaves.some(({ picked }) => dimension in picked))) {
			untested.push({ alert: alert.name, reason: "it reads the same thing by name and among all" })
			continue
		}
		const { firing, healthy } = search(alert, leaves)
		if (!firing) {
			untested.push({ alert: alert.name, reason: "no steady values make its condition true" })
			continue
		}
		const warmupMs = Math.max(0, ...leaves.map((leaf) => leaf.warmupMs))
		const stepMs = stepFor(alert, warmupMs)
		const limits = limitTests(alert, leaves)
		add(stepMs, testsOf({ alert, leaves, warmupMs, stepMs }, firing, healthy, limits.tests.length > 0))
		add(limits.stepMs, limits.tests)
	}
	return { tests, untested }
}

/** The first values for which the condition holds, and the first for which it does not. */
function search(alert: Alert, leaves: readonly Leaf[]): { firing: Choices | undefined; healthy: Choices | undefined } {
	let firing: Choices | undefined
	let healthy: Choices | undefined
	let tried = 0
	const walk = (at: number, chosen: readonly (readonly [string, Choice])[]): void => {
		if ((firing && healthy) || tried > MAX_COMBINATIONS) return
		const leaf = leaves[at]
		if (!leaf) {
			tried++
			const choices = new Map(chosen)
			if (evaluate(alert, choices)) firing ??= choices
			else healthy ??= choices
			return
		}
		for (const choice of leaf.choices) walk(at + 1, [...chosen, [leaf.key, choice]])
	}
	walk(0, [])
	return { firing, healthy }
}

interface Setting {
	readonly alert: Alert
	readonly leaves: readonly Leaf[]
	readonly warmupMs: number
	readonly stepMs: number
	readonly history?: History
	/** Values of a second element. */
	readonly beside?: Choices
}

function testsOf(setting: Setting, firing: Choices, healthy: Choices | undefined, limitsTested: boolean): UnitTest[] {
	const { alert, warmupMs } = setting
	const at = warmupMs + alert.forMs
	const fires = (time: number) => ({ at: time, fires: true })
	const tests = [test(setting, "fires", firing, [...firstOf(setting), fires(at)])]
	const mixed = healthy && besideHealthy(setting, firing, healthy)
	if (mixed)
		tests.push(
			test({ ...setting, beside: mixed }, "fires for the one that is bad, not for the one beside it", firing, [
				{ at, fires: true },
			]),
		)
	if (healthy && !limitsTested) tests.push(test(setting, "is quiet while all is well", healthy, [{ at, fires: false }]))
	return [...tests, ...historyTests(setting, firing, at)]
}

/** That an alert fires when its condition was true for its duration, and not before, where the first moment is known. */
function firstOf({ alert, warmupMs, stepMs }: Setting): { at: number; fires: boolean }[] {
	const read = plainLimit(alert)?.read
	// A line into the future is drawn once half of its window has been seen.
	const start = warmupMs === 0 ? 0 : read?.function === "predict" ? read.windowMs / 2 : undefined
	if (start === undefined || start + alert.forMs < stepMs || (start + alert.forMs) % stepMs !== 0) return []
	const at = start + alert.forMs
	return [{ at: at - stepMs, fires: false }, ...(start > 0 ? [{ at, fires: true }] : [])]
}

/** Tests on either side of each limit and each end of a window; none for conditions whose values cannot be fed exactly. */
function limitTests(alert: Alert, leaves: readonly Leaf[]): { stepMs: number; tests: readonly UnitTest[] } {
	const none = { stepMs: EVALUATION_MS, tests: [] }
	if (alert.trigger.kind !== "condition") return none
	const reads = [...walk(alert.trigger.condition)].filter((part) => part.kind === "read")
	const uses = new Map(reads.map((read) => [keyOf(read.path, read.vector), `${read.function} ${read.windowMs}`]))
	if (reads.some((read) => uses.get(keyOf(read.path, read.vector)) !== `${read.function} ${read.windowMs}`)) return none
	const windowMs = Math.max(0, ...leaves.map((leaf) => leaf.windowMs))
	const stepMs = windowStep(alert, windowMs)
	const only = (...functions: readonly string[]) => reads.every((read) => functions.includes(read.function))
	if (only("latest") && !leaves.some(({ kind }) => kind === "event"))
		return { ...none, tests: edgeTest(alert, leaves, flipsOf(alert, leaves)) }
	if (only("latest", "increase")) {
		const tests = alert.keepFiringMs > 0 ? [] : jumpTests(alert, leaves, flipsOf(alert, leaves), stepMs)
		return { stepMs, tests }
	}
	const [leaf, other] = leaves
	const limit = plainLimit(alert)
	if (!leaf || other || !limit || only("rate")) return none
	const tests = only("quantile") ? quantileTests : shapeTest
	return { stepMs, tests: tests(alert, leaf, limit, stepMs) }
}

/** How coarse tests of a window may be: some hundred samples are enough. */
function windowStep({ forMs }: Alert, windowMs: number): number {
	const stepMs = windowMs <= 15 * MINUTE_MS ? EVALUATION_MS : (windowMs <= 180 * MINUTE_MS ? 1 : 2) * MINUTE_MS
	return forMs % stepMs === 0 ? stepMs : EVALUATION_MS
}

/** A counter that starts again from 0 must not hide what counts, and neither must one that was not there before. */
function historyTests(setting: Setting, firing: Choices, at: number): UnitTest[] {
	const { leaves, stepMs } = setting
	const counters = leaves.filter(({ kind }) => kind === "growth" || kind === "event")
	if (counters.length === 0) return []
	const lateAt = at + LATE_STEPS * stepMs
	const late = test({ ...setting, history: "late" }, "fires for a counter that appears later", firing, [
		{ at: lateAt, fires: true },
	])
	const resettable = counters.every(({ kind, warmupMs }) => kind === "growth" && warmupMs >= ENOUGH_SAMPLES * stepMs)
	return resettable
		? [
				late,
				test({ ...setting, history: "reset" }, "fires across a reset of its counters", firing, [{ at, fires: true }]),
			]
		: [late]
}

/** Samples in a window of which the one that a reset costs does not matter. */
const ENOUGH_SAMPLES = 20

/** Values for a second element, beside the bad one, for which the condition does not hold. */
function besideHealthy({ alert, leaves }: Setting, firing: Choices, healthy: Choices): Choices | undefined {
	if (alert.trigger.kind !== "condition" || alert.trigger.condition.dimension === undefined) return undefined
	const pick = ({ key, dimension }: Leaf) => (dimension === undefined ? firing : healthy).get(key)
	const choices = new Map(
		leaves.flatMap((leaf): [string, Choice][] => {
			const choice = pick(leaf)
			return choice === undefined ? [] : [[leaf.key, choice]]
		}),
	)
	if (evaluate(alert, choices)) return undefined
	return new Map(
		[...choices].filter(([key]) => leaves.some((leaf) => leaf.key === key && leaf.dimension !== undefined)),
	)
}

function test(
	{ alert, leaves, stepMs, history = "steady", beside }: Setting,
	what: string,
	choices: Choices,
	checks: readonly { at: number; fires: boolean }[],
): UnitTest {
	const until = Math.max(...checks.map(({ at }) => at))
	const common = { leaves, stepMs, history, steps: Math.ceil(until / stepMs) + 1 }
	return unitTest(
		alert,
		what,
		stepMs,
		[
			...feed({ ...common, choices, element: "one" }),
			...(beside ? feed({ ...common, choices: beside, element: "two" }) : []),
		],
		checks.map(({ at, fires }) => ({ at, state: "firing", is: fires })),
	)
}

/** One test for all of them, since each costs promtool a database of its own. */
const missing = (alerts: readonly Alert[]): UnitTest => ({
	name: "every alert is quiet while its series are missing",
	interval: formatDuration(EVALUATION_MS),
	input_series: [],
	promql_expr_test: alerts.map((alert) => expectation(alert, { at: MINUTE_MS, state: "active", is: false })),
})
