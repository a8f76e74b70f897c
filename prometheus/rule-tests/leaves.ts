import { rangeOf } from "../../core/alerts/check/constant.ts"
import { type Alert, type Condition, type Value, walk } from "../../core/alerts/model.ts"
import { events } from "../../core/catalogue/subjects/events.ts"
import type { Vector } from "../../core/catalogue/types.ts"
import { parseDuration } from "../../core/lib/config.ts"

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
				},
			]
		case "path":
		case "overTime":
		case "predict": {
			const { path } = part
			const [low, high] = rangeOf(path.spec)
			const choices = candidates(constants).filter((choice) => choice >= low && choice <= high)
			const warmupMs = part.kind === "predict" ? part.windowMs / 2 + 60_000 : 0
			return [{ ...common(path.spec.value, path), key: keyOf(path, path.spec.value), kind: "level", choices, warmupMs }]
		}
		case "increase":
		case "rate": {
			const { path } = part
			const vector = path.spec.counter ?? path.spec.value
			const choices = candidates(constants).filter((choice) => choice >= 0 && !constants.includes(choice))
			const perSecond = part.kind === "rate" ? 1 : 1000 / part.windowMs
			return [
				{
					...common(vector, path),
					key: keyOf(path, vector),
					kind: "growth",
					choices,
					perSecond,
					warmupMs: part.windowMs + 60_000,
				},
			]
		}
		case "quantile": {
			const { path } = part
			const vector = path.spec.histogram ?? path.spec.value
			const buckets = vector.of.kind === "series" ? (vector.of.buckets ?? []) : []
			return [
				{
					...common(vector, path),
					key: keyOf(path, vector),
					kind: "distribution",
					choices: buckets,
					warmupMs: part.windowMs + 60_000,
				},
			]
		}
		default:
			return []
	}
}

type PathOf = (Value & { kind: "path" })["path"]

const pickedOf = (path: PathOf) =>
	path.wildcardValue && "value" in path.wildcardValue && path.spec.wildcard !== undefined
		? { [path.spec.wildcard]: path.wildcardValue.value }
		: {}

export const keyOf = (path: PathOf, vector: Vector): string =>
	JSON.stringify([vector.of.name, vector.matchers, pickedOf(path)])

const common = (vector: Vector, path: PathOf) => ({
	vector,
	dimension: path.wildcardValue && "every" in path.wildcardValue ? path.spec.wildcard : undefined,
	picked: pickedOf(path),
	perSecond: 0,
	warmupMs: 0,
})

/** Numbers on either side of every number in the condition; growth is extrapolated, so it is not put on the edge. */
function candidates(constants: readonly number[]): number[] {
	const around = constants.flatMap((constant) => [constant * 1.2, constant, constant / 2, constant * 2, constant + 1])
	return [...new Set([...around, 0, 0.5, 1, 100])]
}

function constantsIn(condition: Condition): number[] {
	if (condition.kind === "compare") return [...numbersIn(condition.left), ...numbersIn(condition.right)]
	if (condition.kind === "and" || condition.kind === "or")
		return [...constantsIn(condition.left), ...constantsIn(condition.right)]
	return condition.kind === "any" || condition.kind === "all" ? constantsIn(condition.of) : []
}

function numbersIn(value: Value): number[] {
	if (value.kind === "number" || value.kind === "parameter") return [value.value]
	if (value.kind === "negative") return numbersIn(value.of).map((number) => -number)
	if (value.kind !== "arithmetic") return []
	const [left, right] = [numbersIn(value.left), numbersIn(value.right)]
	const products = left.flatMap((a) => right.flatMap((b) => [a * b, b === 0 ? a : a / b, a + b, a - b]))
	return [...left, ...right, ...products]
}
