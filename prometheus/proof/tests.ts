import { constant } from "../../core/alerts/check/constant.ts"
import type { Alert, AlertFile, Condition } from "../../core/alerts/model.ts"
import { EVALUATION_MS } from "../../core/alerts/timing.ts"
import { formatDuration } from "../../core/lib/config.ts"
import { type Choices, evaluate } from "./evaluate.ts"
import { type Choice, keyOf, type Leaf, leavesOf } from "./leaves.ts"
import { feed, type InputSeries } from "./series.ts"

/** One promtool unit test. */
export interface UnitTest {
	readonly name: string
	readonly interval: string
	readonly input_series: readonly InputSeries[]
	readonly promql_expr_test: readonly {
		readonly expr: string
		readonly eval_time: string
		readonly exp_samples: readonly { readonly labels: string; readonly value: number }[]
	}[]
}

/** Tests by how coarse their clock may be: windows of days are not walked through in steps of 15 s. */
export interface Proof {
	readonly quick: readonly UnitTest[]
	readonly slow: readonly UnitTest[]
	/** Alerts for which no series were found that make them fire, and why. */
	readonly unproven: readonly { readonly alert: string; readonly reason: string }[]
}

const SLOW_STEP_MS = 2 * 60_000
const QUICK_LIMIT_MS = 3 * 3_600_000
const MAX_COMBINATIONS = 20_000

/** promtool unit tests for every alert: fires, not before its duration, quiet when healthy, at the threshold, and without series. */
export function renderProof(file: AlertFile): Proof {
	const quick: UnitTest[] = []
	const slow: UnitTest[] = []
	const unproven: { alert: string; reason: string }[] = []
	for (const alert of file.alerts) {
		const leaves = leavesOf(alert)
		const found = alert.trigger.kind === "condition" ? search(alert, leaves) : undefined
		if (!found?.firing) {
			unproven.push({
				alert: alert.name,
				reason:
					alert.trigger.kind === "promql"
						? "it is PromQL, whose meaning is not known here"
						: "no steady values make its condition true",
			})
			if (alert.trigger.kind === "condition") quick.push(missing(alert))
			continue
		}
		const warmupMs = Math.max(0, ...leaves.map((leaf) => leaf.warmupMs))
		const isSlow = warmupMs + alert.forMs > QUICK_LIMIT_MS
		const setting = { alert, leaves, warmupMs, stepMs: isSlow ? SLOW_STEP_MS : EVALUATION_MS }
		;(isSlow ? slow : quick).push(...testsOf(setting, found.firing, found.healthy), missing(alert))
	}
	return { quick, slow, unproven }
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
}

function testsOf(setting: Setting, firing: Choices, healthy: Choices | undefined): UnitTest[] {
	const { alert, warmupMs, stepMs } = setting
	const at = warmupMs + alert.forMs
	const boundary = boundaryOf(alert)
	const tests = [
		test(setting, "fires", at, firing, [
			...(warmupMs === 0 && alert.forMs > 0 ? [{ at: alert.forMs - stepMs, fires: false }] : []),
			{ at, fires: true },
		]),
	]
	if (healthy) tests.push(test(setting, "is quiet while all is well", at, healthy, [{ at, fires: false }]))
	if (boundary && setting.leaves.length === 1) {
		const choices = new Map([boundary])
		const fires = evaluate(alert, choices)
		tests.push(test(setting, `${fires ? "fires" : "is quiet"} at the threshold itself`, at, choices, [{ at, fires }]))
	}
	return tests
}

function test(
	{ alert, leaves, stepMs }: Setting,
	what: string,
	until: number,
	choices: Choices,
	checks: readonly { at: number; fires: boolean }[],
): UnitTest {
	const steps = Math.ceil(until / stepMs) + 1
	return {
		name: `${alert.name} (${alert.severity}) ${what}`,
		interval: formatDuration(stepMs),
		input_series: feed({ leaves, choices, element: "one", stepMs, steps }),
		promql_expr_test: checks.map(({ at, fires }) => expectation(alert, at, fires)),
	}
}

const missing = (alert: Alert): UnitTest => ({
	name: `${alert.name} (${alert.severity}) is quiet while its series are missing`,
	interval: formatDuration(EVALUATION_MS),
	input_series: [],
	promql_expr_test: [expectation(alert, 60_000, false)],
})

const expectation = ({ name, severity }: Alert, at: number, fires: boolean) => ({
	expr: `count(ALERTS{alertname="${name}",severity="${severity}",alertstate="firing"})`,
	eval_time: formatDuration(at),
	exp_samples: fires ? [{ labels: "{}", value: 1 }] : [],
})

/** The value at which a plain comparison of one level with a number turns. */
function boundaryOf({ trigger, volumes }: Alert): [string, Choice] | undefined {
	if (trigger.kind !== "condition" || volumes.length > 0) return undefined
	let condition: Condition = trigger.condition
	while (condition.kind === "any" || condition.kind === "all") condition = condition.of
	if (condition.kind !== "compare") return undefined
	const limit = constant(condition.left) ?? constant(condition.right)
	const value = constant(condition.left) === undefined ? condition.left : condition.right
	if (limit === undefined || (value.kind !== "path" && value.kind !== "overTime")) return undefined
	return [keyOf(value.path, value.path.spec.value), limit]
}
