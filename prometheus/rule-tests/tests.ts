import { constant } from "../../core/alerts/check/constant.ts"
import { withoutQuantifier } from "../../core/alerts/fold.ts"
import { isInRange, readsOf } from "../../core/alerts/functions.ts"
import type { Alert, AlertFile } from "../../core/alerts/model.ts"
import { EVALUATION_MS } from "../../core/alerts/timing.ts"
import { formatDuration } from "../../core/lib/config.ts"
import { type Choices, evaluate } from "./evaluate.ts"
import { type Choice, keyOf, type Leaf, leavesOf } from "./leaves.ts"
import { feed, type History, type InputSeries, LATE_STEPS } from "./series.ts"

/** One promtool unit test. */
interface UnitTest {
	readonly name: string
	readonly interval: string
	readonly input_series: readonly InputSeries[]
	readonly promql_expr_test: readonly {
		readonly expr: string
		readonly eval_time: string
		readonly exp_samples: readonly { readonly labels: string; readonly value: number }[]
	}[]
}

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
		add(stepMs, testsOf({ alert, leaves, warmupMs, stepMs }, firing, healthy))
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

function testsOf(setting: Setting, firing: Choices, healthy: Choices | undefined): UnitTest[] {
	const { alert, leaves, warmupMs, stepMs } = setting
	const at = warmupMs + alert.forMs
	const before = warmupMs === 0 && alert.forMs > 0 ? [{ at: alert.forMs - stepMs, fires: false }] : []
	const tests = [test(setting, "fires", firing, [...before, { at, fires: true }])]
	const mixed = healthy && besideHealthy(setting, firing, healthy)
	if (mixed)
		tests.push(
			test({ ...setting, beside: mixed }, "fires for the one that is bad, not for the one beside it", firing, [
				{ at, fires: true },
			]),
		)
	if (healthy) tests.push(test(setting, "is quiet while all is well", healthy, [{ at, fires: false }]))
	const boundary = boundaryOf(alert)
	if (boundary && leaves.length === 1) {
		const choices = new Map([boundary])
		const fires = evaluate(alert, choices)
		tests.push(test(setting, `${fires ? "fires" : "is quiet"} at the threshold itself`, choices, [{ at, fires }]))
	}
	return [...tests, ...historyTests(setting, firing, at)]
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
	return {
		name: `${alert.name} (${alert.severity}) ${what}`,
		interval: formatDuration(stepMs),
		input_series: [
			...feed({ ...common, choices, element: "one" }),
			...(beside ? feed({ ...common, choices: beside, element: "two" }) : []),
		],
		promql_expr_test: checks.map(({ at, fires }) => expectation(alert, at, fires)),
	}
}

/** One test for all of them, since each costs promtool a database of its own. */
const missing = (alerts: readonly Alert[]): UnitTest => ({
	name: "every alert is quiet while its series are missing",
	interval: formatDuration(EVALUATION_MS),
	input_series: [],
	promql_expr_test: alerts.map((alert) => expectation(alert, MINUTE_MS, false)),
})

const expectation = ({ name, severity }: Alert, at: number, fires: boolean) => ({
	expr: `count(ALERTS{alertname="${name}",severity="${severity}",alertstate="firing"})`,
	eval_time: formatDuration(at),
	exp_samples: fires ? [{ labels: "{}", value: 1 }] : [],
})

/** The value at which a plain comparison of one level with a number turns. */
function boundaryOf({ trigger, volumes }: Alert): [string, Choice] | undefined {
	if (trigger.kind !== "condition" || volumes.length > 0) return undefined
	const condition = withoutQuantifier(trigger.condition)
	if (condition.kind !== "compare") return undefined
	const limit = constant(condition.left) ?? constant(condition.right)
	const value = constant(condition.left) === undefined ? condition.left : condition.right
	if (limit === undefined || value.kind !== "read" || !isInRange(value.function) || readsOf(value.function) !== "value")
		return undefined
	return [keyOf(value.path, value.vector), limit]
}
