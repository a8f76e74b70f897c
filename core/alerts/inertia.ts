import type { PathSpec } from "../catalogue/types.ts"
import { parseDuration } from "../lib/config.ts"
import { constant, rangeOf } from "./check/constant.ts"
import { type Condition, type Trigger, type Value, type Volume, walk } from "./model.ts"

type Reading = Value & { readonly kind: "read" }
/** Whether a comparison waits for a value to rise or to fall. */
type Direction = "up" | "down"

/**
 * How long a step from healthy to fully broken takes to make a condition true, in milliseconds, because the windows that
 * it looks back over still hold the time before. Nothing for states, events and the newest values; a number of events has
 * no fully broken pace, so its time counts from the event that reaches the threshold. Of joined conditions the slowest
 * counts: the fault may concern only that one.
 */
export function inertiaOf(trigger: Trigger | undefined, volumes: readonly Volume[] = []): number {
	if (!trigger) return 0
	if (trigger.kind === "promql") return ageIn(trigger.text)
	return Math.max(
		0,
		...[...walk(trigger.condition)].map((part) => (part.kind === "compare" ? ofComparison(part, volumes) : 0)),
	)
}

/**
 * How old a time has to become for PromQL such as `time() - x > N`, in milliseconds, else 0: no more of PromQL is
 * understood. The age counts from the last good look of the source, so that its interval is a part of it.
 */
export function ageIn(text: string): number {
	const limit = /\btime\(\)\s*-[\s\S]*>=?\s*(\d+(?:\.\d+)?)\s*$/.exec(text.trim())?.[1]
	return limit === undefined ? 0 : Number(limit) * 1000
}

function ofComparison({ op, left, right }: Condition & { kind: "compare" }, volumes: readonly Volume[]): number {
	const [limit, value, mirrored] =
		constant(right) === undefined ? [constant(left), right, true] : [constant(right), left, false]
	const reads = [...walk(value)].filter((part): part is Reading => part.kind === "read")
	const rises = op === ">" || op === ">="
	const direction: Direction | undefined = op === "==" || op === "!=" ? undefined : rises === mirrored ? "down" : "up"
	// A calculation may need any of its parts in full.
	if (value.kind !== "read" || limit === undefined || direction === undefined)
		return Math.max(0, ...[...walk(left), ...walk(right)].map((part) => (part.kind === "read" ? inFull(part) : 0)))
	return Math.max(0, ...reads.map((read) => ofReading(read, limit, direction, volumes)))
}

/** The window of the path's own value. */
const ownWindow = ({ window }: PathSpec): number => parseDuration(window ?? "") ?? 0

/** Values over a window that forget what was before; a number, an amount or a size over a window only grows. */
const FORGETS: ReadonlySet<string> = new Set(["ratio", "score", "seconds", "per_second"])

/** How long a reading remembers the time before a step. */
function inFull({ function: name, path, windowMs }: Reading): number {
	const own = name === "increase" || name === "rate" || name === "quantile" ? 0 : ownValue(path.spec)
	return name === "increase" ? 0 : own + windowMs
}

const ownValue = (spec: PathSpec): number => (FORGETS.has(spec.quantity) ? ownWindow(spec) : 0)

function ofReading(read: Reading, limit: number, direction: Direction, volumes: readonly Volume[]): number {
	const { path, windowMs, share } = read
	switch (read.function) {
		case "latest":
			return shareToCross(path.spec, limit, direction, volumes) * ownValue(path.spec)
		case "avg":
			return ownValue(path.spec) + shareToCross(path.spec, limit, direction, []) * windowMs
		// The last good value has to leave the window, or the first bad one is enough.
		case "min":
			return ownValue(path.spec) + (direction === "up" ? windowMs : 0)
		case "max":
			return ownValue(path.spec) + (direction === "down" ? windowMs : 0)
		case "increase":
			return 0
		case "quantile":
			return (direction === "up" ? 1 - share : share) * windowMs
		case "rate":
		case "predict":
			return inFull(read)
	}
}

/**
 * The share of a window that has to be broken: the threshold's, in a range that has ends; all of it without. Where a
 * minimum volume is just reached, whole observations have to be broken.
 */
function shareToCross(spec: PathSpec, limit: number, direction: Direction, volumes: readonly Volume[]): number {
	const [low, high] = rangeOf(spec)
	if (!Number.isFinite(high) || !Number.isFinite(low)) return 1
	const crossing = direction === "up" ? (limit - low) / (high - low) : (high - limit) / (high - low)
	const share = Math.min(1, Math.max(0, crossing))
	const volume = volumes.find((one) => one.path.spec === spec)
	if (!volume || spec.volume?.of.quantity === "per_second" || volume.atLeast < 1) return share
	const { atLeast } = volume
	return Math.min(1, (Math.floor(share * atLeast + 1e-9) + 1) / atLeast)
}
