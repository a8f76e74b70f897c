import type { Alert } from "../../core/alerts/model.ts"
import { type Choices, evaluate } from "./evaluate.ts"
import type { Flip } from "./flips.ts"
import type { Choice, Leaf } from "./leaves.ts"
import { feedJumps, type Jump } from "./series.ts"
import { type Check, type UnitTest, unitTest } from "./unit-test.ts"

/** Samples at which counters jump: those of the context, then the one that decides, to one side and to the other. */
const CONTEXT = 2
const FIRST = 4
const SECOND = 6
/** Samples that a window has at least, so that all jumps fit into it. */
const FEWEST = 10

/** A counter's growth as a number; an event happens once. */
const size = (choice: Choice | undefined) => Number(choice ?? 0)
const counts = ({ kind }: Leaf) => kind === "growth" || kind === "event"

/**
 * Tests of conditions that count in a window: a counter jumps from 0 to the one side of a limit, then to the other, and the
 * alert knows of a jump until the window has passed it. A counter that was 0 grows by exactly what it jumps.
 */
export function jumpTests(alert: Alert, leaves: readonly Leaf[], flips: readonly Flip[], stepMs: number): UnitTest[] {
	if (leaves.some((leaf) => counts(leaf) && leaf.windowMs < FEWEST * stepMs)) return []
	return flips.filter(({ leaf }) => counts(leaf)).map((flip) => jumpTest(alert, leaves, flip, stepMs))
}

function jumpTest(alert: Alert, leaves: readonly Leaf[], { leaf, quiet, firing }: Flip, stepMs: number): UnitTest {
	const others = leaves.filter((other) => other !== leaf && counts(other) && size(quiet.get(other.key)) > 0)
	const [low, high] = [quiet, firing].sort((a, b) => size(a.get(leaf.key)) - size(b.get(leaf.key))) as [
		Choices,
		Choices,
	]
	const [from, to] = [size(low.get(leaf.key)), size(high.get(leaf.key))]
	const rises = high === firing
	const at = (step: number) => step * stepMs
	const checks: Check[] = [
		{ at: at(SECOND - 1), state: "active", is: !rises },
		{ at: at(SECOND), state: alert.forMs === 0 ? "firing" : "active", is: rises },
	]
	const first = from > 0 ? FIRST : SECOND
	// Whether a window includes the sample at its start depends on Prometheus' version.
	const last = at(first) + leaf.windowMs - 2 * stepMs
	const gone = at(first) + leaf.windowMs + stepMs
	const known = Math.min(...others.map(({ windowMs }) => at(CONTEXT) + windowMs - 2 * stepMs))
	if (rises && alert.forMs > 0 && at(SECOND) + alert.forMs < Math.min(last, known))
		checks.push(
			{ at: at(SECOND) + alert.forMs - stepMs, state: "firing", is: false },
			{ at: at(SECOND) + alert.forMs, state: "firing", is: true },
		)
	if (last < known) checks.push({ at: last, state: "active", is: rises })
	const after = [1, leaf.windowMs / (leaf.windowMs - stepMs), 1.1].map((factor) =>
		evaluate(alert, new Map([...high, [leaf.key, from > 0 ? (to - from) * factor : none(leaf)]])),
	)
	const [then = rises] = after
	if (gone < known && after.every((each) => each === then) && (then || alert.keepFiringMs === 0))
		checks.push({ at: gone, state: "active", is: then })
	const steps = Math.max(...checks.map((check) => check.at)) / stepMs + 1
	const jumps = (own: Leaf): Jump[] => {
		if (own !== leaf) return [{ at: CONTEXT, to: size(high.get(own.key)) }]
		return [...(from > 0 ? [{ at: FIRST, to: from }] : []), { at: SECOND, to }]
	}
	return unitTest(
		alert,
		`turns at ${rises ? to : from} of ${leaf.vector.of.name}${picked(leaf)}, and while the window knows it`,
		stepMs,
		feedJumps(leaves, high, jumps, steps),
		checks,
	)
}

const none = ({ kind }: Leaf): Choice => (kind === "event" ? false : 0)

const picked = ({ vector, picked: own }: Leaf) => {
	const values = Object.values({ ...vector.matchers, ...own })
	return values.length === 0 ? "" : ` (${values.join(", ")})`
}
