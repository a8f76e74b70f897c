import { setTimeout as sleep } from "node:timers/promises"

/** How fast the demo lives: every wait is divided by the factor. Waits reject when the demo is asked to stop. */
export interface Pace {
	readonly signal: AbortSignal
	wait(ms: number): Promise<void>
	/** A duration of the script, as it is at this pace. */
	scaled(ms: number): number
}

export function createPace(factor: number, signal: AbortSignal): Pace {
	const scaled = (ms: number) => ms / factor
	return { signal, scaled, wait: (ms) => sleep(scaled(ms), undefined, { signal }) }
}
