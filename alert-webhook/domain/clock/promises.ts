import { CLOCK_STEPS, type ClockStep, type Delay } from "../../../core/alerts/timing.ts"

/** The times of an incident's clock that are known, in milliseconds since the epoch. */
export interface ClockTimes {
	readonly onsetAt: number
	readonly pendingAt: number | undefined
	readonly firedAt: number
	/** The first acceptance by a channel. */
	readonly notifiedAt: number | undefined
}

/** A step that was slower than what the compiled alert promises. */
export interface BrokenPromise {
	readonly step: ClockStep
	readonly tookMs: number
	readonly promisedMs: number
	/** When the step ended. */
	readonly at: number
}

/** Rules look every 15 s, and counters of deliveries are scraped every 15 s: no step is known better than this. */
const COARSENESS_MS = 20_000

/** The steps that took longer than the alert's worst case. */
export function brokenPromises(
	{ onsetAt, pendingAt = onsetAt, firedAt, notifiedAt }: ClockTimes,
	delays: readonly Delay[],
): BrokenPromise[] {
	const ends: Readonly<Record<ClockStep, readonly [from: number, to: number | undefined]>> = {
		condition: [onsetAt, pendingAt],
		duration: [pendingAt, firedAt],
		notification: [firedAt, notifiedAt],
	}
	return CLOCK_STEPS.flatMap((step) => {
		const [from, at] = ends[step]
		const promisedMs = delays.filter((delay) => delay.step === step).reduce((sum, { ms }) => sum + ms, 0)
		if (at === undefined || at - from <= promisedMs + COARSENESS_MS) return []
		return [{ step, tookMs: at - from, promisedMs, at }]
	})
}
