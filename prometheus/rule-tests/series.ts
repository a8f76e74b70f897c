import { number } from "../render/selector.ts"
import type { Choices } from "./evaluate.ts"
import type { Choice, Leaf } from "./leaves.ts"

/** Input of a promtool unit test. */
export interface InputSeries {
	readonly series: string
	readonly values: string
}

interface Feed {
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
		return seriesOf(leaf, choice, labelsOf(leaf, element), stepMs / 1000, steps, history)
	})
}

interface Phase {
	readonly choices: Choices
	/** For how many samples. */
	readonly steps: number
}

/** Series of levels and states that read as chosen in one phase after the other. */
export function feedPhases(leaves: readonly Leaf[], phases: readonly Phase[]): InputSeries[] {
	return leaves.flatMap((leaf) => {
		const labels = labelsOf(leaf, "one")
		const series = (more: Labels, value: (choice: Choice | undefined) => number): InputSeries => ({
			series: named(leaf.vector.of.name, { ...labels, ...more }),
			values: runs(phases.map(({ choices, steps }) => ({ value: value(choices.get(leaf.key)), steps }))),
		})
		if (leaf.kind !== "state") return [series({}, Number)]
		return states(leaf).map(([label, state]) => series({ [label]: state }, (choice) => (choice === state ? 1 : 0)))
	})
}

/** To what a counter jumps, and at which sample. */
export interface Jump {
	readonly at: number
	readonly to: number
}

/** Counters that start at 0 and jump; levels and states that stay as chosen. */
export function feedJumps(
	leaves: readonly Leaf[],
	choices: Choices,
	jumps: (leaf: Leaf) => readonly Jump[],
	steps: number,
): InputSeries[] {
	return leaves.flatMap((leaf) => {
		if (leaf.kind !== "growth" && leaf.kind !== "event") return feedPhases([leaf], [{ choices, steps }])
		const own = jumps(leaf)
		const levels = [{ at: 0, to: 0 }, ...own].map(({ at, to }, i) => ({
			value: to,
			steps: (own[i]?.at ?? steps) - at,
		}))
		return [{ series: named(leaf.vector.of.name, labelsOf(leaf, "one")), values: runs(levels) }]
	})
}

/** A level with its value at every sample. */
export const feedSamples = (leaf: Leaf, values: readonly number[]): InputSeries[] => [
	{
		series: named(leaf.vector.of.name, labelsOf(leaf, "one")),
		values: runs(values.map((value) => ({ value, steps: 1 }))),
	},
]

/** A histogram's buckets, each with its total at every sample. */
export function feedBuckets(leaf: Leaf, totals: ReadonlyMap<number, readonly number[]>): InputSeries[] {
	return [...totals].map(([bound, values]) => ({
		series: named(`${leaf.vector.of.name}_bucket`, {
			...labelsOf(leaf, "one"),
			le: bound === Infinity ? "+Inf" : String(bound),
		}),
		values: runs(values.map((value) => ({ value, steps: 1 }))),
	}))
}

/** promtool's notation of values that last for some samples each; every digit, since they lie on limits. */
function runs(levels: readonly { readonly value: number; readonly steps: number }[]): string {
	const merged: { value: number; steps: number }[] = []
	for (const { value, steps } of levels) {
		const last = merged.at(-1)
		if (last?.value === value) last.steps += steps
		else merged.push({ value, steps })
	}
	return merged.map(({ value, steps }) => (steps === 1 ? String(value) : `${value}x${steps - 1}`)).join(" ")
}

type Labels = Readonly<Record<string, string>>

const labelsOf = (leaf: Leaf, element: string): Labels => ({
	...replica(leaf),
	...fillers(leaf),
	...leaf.vector.matchers,
	...leaf.picked,
	...(leaf.dimension === undefined ? {} : { [leaf.dimension]: element }),
})

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
