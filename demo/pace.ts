import { setTimeout as sleep } from "node:timers/promises"

/** The demo's speed: every wait is divided by the factor. Waits reject when the demo stops. */
export interface Pace {
	readonly signal: AbortSignal
	wait(ms: number): Promise<void>
	/** A scripted duration at this pace, in milliseconds. */
	scaled(ms: number): number
}

export function createPace(factor: number, signal: AbortSignal): Pace {
	const scaled = (ms: number) => ms / factor
	return { signal, scaled, wait: (ms) => sleep(scaled(ms), undefined, { signal }) }
}
