import type { Observation } from "./observation.ts"

/** More than one record may add: a double does not count beyond it one by one, and sums of less never become infinite. */
const LARGEST = Number.MAX_SAFE_INTEGER

/** Whether a counter or a histogram may grow by this much. */
const isAmount = (value: number): boolean => value >= 0 && value <= LARGEST

/** @throws RangeError when a value is negative, not a number, infinite or too large for a counter */
export function requireAmounts(values: readonly number[]): void {
	const wrong = values.find((value) => !isAmount(value))
	if (wrong !== undefined) throw new RangeError(`a counter cannot grow by ${wrong}`)
}

/** @throws RangeError when a value would make its series wrong for ever, as a single NaN does */
export function requireUsable(observations: readonly Observation[]): void {
	for (const observation of observations) {
		if (observation.kind === "count") requireAmounts([observation.by])
		else if (observation.kind === "observe") requireAmounts([observation.value])
		else if (observation.kind === "merge") requireAmounts([observation.sum, ...observation.counts])
		else if (!Number.isFinite(observation.value)) throw new RangeError(`a gauge cannot be ${observation.value}`)
	}
}
