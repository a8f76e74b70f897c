import { promql } from "../../../core/catalogue/promql.ts"
import { controlState, gateSelfTestLastSuccess } from "../../../core/catalogue/subjects/remediation.ts"
import { formula, vector } from "../../kit/query.ts"
import { atMost, type Steps } from "../../kit/thresholds.ts"
import { stat } from "../../kit/visuals.ts"
import { TILE, wordsOf } from "../../kit/words.ts"

const WORDS = [
	[0, "run", TILE.good],
	[1, "pause", TILE.warning],
	[2, "stopped", TILE.bad],
] as const

const STEPS: Steps = WORDS.map(([value, , color]) => ({ value: value === 0 ? null : value, color }))

/** What autonomous sessions may do, the strictest of what any webhook says. */
export const controlNow = stat({
	key: "control-state",
	title: "Control State",
	empty: "No data from the alert webhook",
	shows: [
		formula(
			promql`max(2 * ${vector(controlState, { state: "stop" })} or ${vector(controlState, { state: "pause" })} or 0 * ${vector(controlState, { state: "run" })})`,
			{ measure: "state", legend: "Sessions", meaning: controlState.help },
		),
	],
	words: wordsOf(WORDS),
	thresholds: STEPS,
	filled: true,
})

/** 0 means never; as a time it would show as half a century ago. */
export const gateAge = stat({
	key: "gate-self-test",
	title: "Time Since Gate Self-Test",
	empty: "The gate has not proved itself yet",
	shows: [
		formula(promql`time() - min(${gateSelfTestLastSuccess} > 0)`, {
			measure: "age",
			legend: "Gate",
			meaning:
				"How long ago the gate last proved that it denies tool calls when it must; of several hosts, the longest.",
		}),
	],
	thresholds: atMost({ warning: 180, critical: 600 }),
})
