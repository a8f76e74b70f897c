import { number } from "../render/selector.ts"
import type { Choices } from "./evaluate.ts"
import type { Choice, Leaf } from "./leaves.ts"

/** Input of a promtool unit test. */
export interface InputSeries {
	readonly series: string
	readonly values: string
}

export interface Feed {
	readonly leaves: readonly Leaf[]
	readonly choices: Choices
	/** Value of the dimension's label for the elements fed. */
	readonly element: string
	readonly stepMs: number
	readonly steps: number
	readonly history: History
}

/** What happened to the counters before: nothing, a restart from 0 halfway, or a late first sample. */
export type History = "steady" | "reset" | "late"

/** Samples by which a late counter is late. */
export const LATE_STEPS = 8

/** Series that make each leaf read as chosen, from the first sample or after its warm-up. */
export function feed({ leaves, choices, element, stepMs, steps, history }: Feed): InputSeries[] {
	return leaves.flatMap((leaf) => {
		const choice = choices.get(leaf.key)
		if (choice === undefined) return []
		const labels = {
			...replica(leaf),
			...fillers(leaf),
			...leaf.vector.matchers,
			...leaf.picked,
			...(leaf.dimension === undefined ? {} : { [leaf.dimension]: element }),
		}
		return seriesOf(leaf, choice, labels, stepMs / 1000, steps, history)
	})
}

type Labels = Readonly<Record<string, string>>

function seriesOf(
	leaf: Leaf,
	choice: Choice,
	labels: Labels,
	stepSeconds: number,
	steps: number,
	history: History,
): InputSeries[] {
	const { name } = leaf.vector.of
	switch (leaf.kind) {
		case "level":
			return [{ series: named(name, labels), values: `${number(Number(choice))}x${steps}` }]
		case "growth":
			return [
				{
					series: named(name, labels),
					values: grown(`0+${number(Number(choice) * leaf.perSecond * stepSeconds)}x`, steps, history),
				},
			]
		case "event":
			return [
				{
					series: named(name, labels),
					values: `${history === "late" ? `_x${LATE_STEPS} ` : ""}${choice ? `0x4 1x${steps}` : `0x${steps}`}`,
				},
			]
		case "state":
			return states(leaf).map(([label, state]) => ({
				series: named(name, { ...labels, [label]: state }),
				values: `${state === choice ? 1 : 0}x${steps}`,
			}))
		case "distribution": {
			const buckets = leaf.vector.of.kind === "series" ? (leaf.vector.of.buckets ?? []) : []
			return [...buckets, Infinity].map((bound) => ({
				series: named(`${name}_bucket`, { ...labels, le: bound === Infinity ? "+Inf" : String(bound) }),
				values: `0+${bound >= Number(choice) ? 10 : 0}x${steps}`,
			}))
		}
	}
}

function grown(growth: string, steps: number, history: History): string {
	if (history === "late") return `_x${LATE_STEPS} ${growth}${steps - LATE_STEPS}`
	const half = Math.floor(steps / 2)
	return history === "reset" ? `${growth}${half} ${growth}${steps - half}` : `${growth}${steps}`
}

const states = ({ stateLabel, choices }: Leaf): [string, string][] =>
	choices.map((state) => [stateLabel ?? "status", String(state)])

/** Recordings without these labels come from a rule, everything else from a scrape. */
const replica = ({ vector: { of } }: Leaf): Labels =>
	of.kind === "series" || of.labels.includes("instance")
		? { instance: "exporters:9464", job: of.kind === "series" ? of.group : "health" }
		: {}

/** A value for every other label of a series: its first known one, so that the series is a real one. */
function fillers({ vector: { of } }: Leaf): Labels {
	if (of.kind === "recording") return {}
	return Object.fromEntries(
		Object.entries(of.labels).map(([name, spec]) => [name, spec.kind === "enum" ? (spec.values[0] ?? "") : "any"]),
	)
}

const named = (name: string, labels: Labels) => {
	const inside = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
	return inside.length === 0 ? name : `${name}{${inside.join(",")}}`
}
