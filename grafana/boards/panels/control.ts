import { promql } from "../../../core/catalogue/promql.ts"
import {
	brakesByState,
	controlPending,
	controlState,
	gateSelfTestLastSuccess,
	stoppableRatio,
	stopSignals,
	unstoppable,
} from "../../../core/catalogue/subjects/remediation.ts"
import { formula, latest, vector } from "../../kit/query.ts"
import { atMost, none, type Steps } from "../../kit/thresholds.ts"
import { stat, timeseries } from "../../kit/visuals.ts"
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

/** Of several webhooks, what the worst-off one sees. */
export const stoppable = stat({
	key: "stoppable-ratio",
	title: "Would Follow a Stop",
	empty: "No gate is challenged",
	shows: [
		formula(promql`min(${stoppableRatio})`, { measure: "ratio", legend: "Answered", meaning: stoppableRatio.help }),
	],
	thresholds: [
		{ value: null, color: "red" },
		{ value: 1, color: "green" },
	],
})

/** Absent while all of them would. */
export const wouldNotStop = stat({
	key: "unstoppable",
	title: "Would Not Follow a Stop",
	empty: "None is known",
	shows: [latest(unstoppable, { by: ["kind", "id"], legend: "{{kind}} {{id}}" })],
	thresholds: none,
})

export const brakeStates = stat({
	key: "brakes",
	title: "Brakes at the Model's Side",
	empty: "No data from the alert webhook",
	shows: [
		latest(brakesByState, { where: { state: "open" }, legend: "open" }),
		latest(brakesByState, { where: { state: "changing" }, legend: "changing" }),
		latest(brakesByState, { where: { state: "closed" }, legend: "at zero" }),
	],
	stepsOf: { 1: none },
})

export const notFollowing = stat({
	key: "control-pending",
	title: "Does Not Follow the Control State",
	empty: "No data from the alert webhook",
	shows: [latest(controlPending, { by: ["target"] })],
	thresholds: none,
})

/** Every replica exports the same totals. */
export const signalsSent = timeseries({
	key: "stop-signals",
	title: "Signals to Sessions' Processes per Hour",
	empty: "No stop has ended a process",
	shows: [
		formula(promql`sum by (signal) (max without (instance) (increase(${stopSignals}[1h])))`, {
			measure: stopSignals.quantity,
			legend: "{{signal}}",
			meaning: `${stopSignals.help} Increase over 1h.`,
			step: "1m",
		}),
	],
})
