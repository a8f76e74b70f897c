import { rangeOf } from "../../core/alerts/check/constant.ts"
import { foldCondition } from "../../core/alerts/fold.ts"
import { readsOf } from "../../core/alerts/functions.ts"
import { type Alert, type Condition, type PathRef, type Value, walk } from "../../core/alerts/model.ts"
import { EVENT_WINDOW_MS } from "../../core/alerts/timing.ts"
import { events } from "../../core/catalogue/subjects/events.ts"
import type { Vector } from "../../core/catalogue/types.ts"
import { parseDuration } from "../../core/lib/config.ts"
import { FUNCTION_RENDERINGS, type Reading } from "../render/functions.ts"

/** A value that a test may choose: a number, a state's name, or whether an event happened. */
export type Choice = number | string | boolean

/**
 * Something a condition reads and a test feeds. Two reads of the same series have the same key and so the same choice.
 */
export interface Leaf {
	readonly key: string
	readonly kind: "level" | "growth" | "distribution" | "state" | "event"
	readonly vector: Vector
	/** Label of the wildcard, when the leaf has an element for each of its values. */
	readonly dimension: string | undefined
	/** Matchers that the path's own name adds. */
	readonly picked: Readonly<Record<string, string>>
	/** What one unit of choice is per second, for growth. */
	readonly perSecond: number
	/** How long the series must have run before the choice is reached. */
	readonly warmupMs: number
	readonly choices: readonly Choice[]
	/** Numbers in and beside which the condition may turn, in order; exact where the series is fed exactly. */
	readonly limits: readonly number[]
	/** How far back the condition looks, for growth and events. */
	readonly windowMs: number
	/** Label that names the state, for a state set. */
	readonly stateLabel?: string
}

/** Everything that an alert's condition and minimum volume read. */
export function leavesOf(alert: Alert): Leaf[] {
	if (alert.trigger.kind !== "condition") return []
	const constants = constantsIn(alert.trigger.condition)
	const leaves = [...walk(alert.trigger.condition)].flatMap((part) => leavesAt(part, constants))
	const volumes = alert.volumes.flatMap(({ path, atLeast }): Leaf[] => {
		const { volume, window } = path.spec
		if (!volume) return []
		const seconds = volume.of.quantity === "per_second" ? (parseDuration(window ?? "5m") ?? 0) / 1000 : 1
		return [
			{
				...common(volume, path),
				key: `volume ${volume.of.name}`,
				kind: "level",
				choices: [(atLeast * 2) / seconds, atLeast / 2 / seconds],
				limits: (seconds === 1 ? around(atLeast) : [atLeast * 0.99, atLeast * 1.01].map((one) => one / seconds)).filter(
					(limit) => limit >= 0,
				),
			},
		]
	})
	return [...new Map([...leaves, ...volumes].map((leaf) => [leaf.key, leaf])).values()]
}

/** What a part of a condition reads by itself. */
function leavesAt(part: Condition | Value, constants: readonly number[]): Leaf[] {
	switch (part.kind) {
		case "state": {
			const { path } = part
			return [
				{
					...common(path.spec.value, path),
					key: keyOf(path, path.spec.value),
					kind: "state",
					stateLabel: path.spec.states?.label ?? "status",
					choices: path.spec.states?.values ?? [],
				},
			]
		}
		case "event":
			return [
				{
					key: `event ${part.type}`,
					kind: "event",
					vector: { of: events, matchers: { type: part.type } },
					dimension: undefined,
					picked: {},
					perSecond: 0,
					warmupMs: 2 * 60_000,
					choices: [true, false],
					limits: [],
					windowMs: EVENT_WINDOW_MS,
				},
			]
		case "read":
			return [readLeaf(part, constants)]
		default:
			return []
	}
}

/** What feeds each vector that a function can read, and the choices that make sense of it. */
function readLeaf(of: Reading, constants: readonly number[]): Leaf {
	const { path, vector } = of
	const { warmupMs, perSecond } = FUNCTION_RENDERINGS[of.function]
	const leaf = {
		...common(vector, path),
		key: keyOf(path, vector),
		warmupMs: warmupMs(of),
		perSecond: perSecond(of),
		windowMs: of.windowMs,
	}
	const limits = [...new Set(constants.flatMap(around))].filter(isWritable).sort((a, b) => a - b)
	switch (readsOf(of.function)) {
		case "value": {
			const [low, high] = rangeOf(path.spec)
			const choices = candidates(constants).filter((choice) => choice >= low && choice <= high)
			return { ...leaf, kind: "level", choices, limits: limits.filter((limit) => limit >= low && limit <= high) }
		}
		case "counter": {
			const choices = candidates(constants).filter((choice) => choice >= 0 && !constants.includes(choice))
			return { ...leaf, kind: "growth", choices, limits: limits.filter((limit) => limit >= 0) }
		}
		case "histogram":
			return { ...leaf, kind: "distribution", choices: vector.of.kind === "series" ? (vector.of.buckets ?? []) : [] }
	}
}

const pickedOf = (path: PathRef) =>
	path.wildcardValue && "value" in path.wildcardValue && path.spec.wildcard !== undefined
		? { [path.spec.wildcard]: path.wildcardValue.value }
		: {}

export const keyOf = (path: PathRef, vector: Vector): string =>
	JSON.stringify([vector.of.name, vector.matchers, pickedOf(path)])

const common = (vector: Vector, path: PathRef) => ({
	vector,
	dimension: path.wildcardValue && "every" in path.wildcardValue ? path.spec.wildcard : undefined,
	picked: pickedOf(path),
	perSecond: 0,
	warmupMs: 0,
	limits: [],
	windowMs: 0,
})

/** Numbers on either side of every number in the condition; growth is extrapolated, so it is not put on the edge. */
function candidates(constants: readonly number[]): number[] {
	const around = constants.flatMap((constant) => [constant * 1.2, constant, constant / 2, constant * 2, constant + 1])
	return [...new Set([...around, 0, 0.5, 1, 100])]
}

/** A number and its neighbours: whole ones of a count, near ones otherwise. */
const around = (constant: number): number[] => {
	const away = Number.isInteger(constant) && Math.abs(constant) > 2 ? 1 : Math.abs(constant) / 100 || 0.01
	return [constant - away, constant, constant + away]
}

/** promtool's notation of values has no exponents. */
const isWritable = (value: number) => !String(value).includes("e")

/** Every number in a condition, and what its calculations make of them. */
const constantsIn = (condition: Condition): number[] =>
	foldCondition<number[], number[]>(condition, {
		values: {
			number: ({ value }) => [value],
			read: () => [],
			arithmetic: (_, left, right) => [
				...left,
				...right,
				...left.flatMap((a) => right.flatMap((b) => [a * b, b === 0 ? a : a / b, a + b, a - b])),
			],
			negative: (_, of) => of.map((number) => -number),
		},
		compare: (_, left, right) => [...left, ...right],
		state: () => [],
		event: () => [],
		join: (_, left, right) => [...left, ...right],
		quantify: (_, of) => of,
	})
