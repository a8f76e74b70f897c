import type { Alert } from "../../core/alerts/model.ts"
import { EVALUATION_MS } from "../../core/alerts/timing.ts"
import type { Flip } from "./flips.ts"
import type { Leaf } from "./leaves.ts"
import { feedPhases } from "./series.ts"
import { type Check, type UnitTest, unitTest } from "./unit-test.ts"

/** A test that steps over each limit of a condition of levels and states: on one side nothing is even pending. */
export function edgeTest(alert: Alert, leaves: readonly Leaf[], flips: readonly Flip[]): UnitTest[] {
	if (flips.length === 0) return []
	const steps = alert.forMs === 0 ? Math.ceil(alert.keepFiringMs / EVALUATION_MS) + 1 : 1
	const sides = flips.flatMap(({ quiet, firing }) => [
		{ choices: quiet, is: false },
		{ choices: firing, is: true },
	])
	const phases = sides.map(({ choices }) => ({ choices, steps }))
	const checks = sides.map(({ is }, i): Check => ({ at: ((i + 1) * steps - 1) * EVALUATION_MS, state: "active", is }))
	return [unitTest(alert, "turns at its limits", EVALUATION_MS, feedPhases(leaves, phases), checks)]
}
