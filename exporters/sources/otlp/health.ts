import type { HealthState } from "../../../core/catalogue/subjects/components.ts"

/** What the pipeline did in the last minute. */
export interface PipelineActivity {
	readonly received: number
	readonly dropped: number
	readonly refused: number
	/** 0 to 1. */
	readonly utilization: number
	/** How long work has waited without any being done, in milliseconds. */
	readonly stalledMs: number
}

const STALLED_MS = 10_000
const NEARLY_FULL = 0.8

/** Unhealthy: nothing is processed, or more is lost than kept. Degraded: anything was lost or refused, or soon will be. */
export function pipelineHealth(activity: PipelineActivity): { readonly status: HealthState; readonly detail: string } {
	const { received, dropped, refused, utilization, stalledMs } = activity
	if (stalledMs > STALLED_MS)
		return { status: "unhealthy", detail: `nothing was processed for ${Math.round(stalledMs / 1000)} s` }
	if (dropped > 0 && dropped * 2 > received)
		return { status: "unhealthy", detail: `${dropped} of ${received} records were dropped in the last minute` }
	if (dropped > 0)
		return { status: "degraded", detail: `${dropped} of ${received} records were dropped in the last minute` }
	if (refused > 0) return { status: "degraded", detail: `${refused} requests were refused in the last minute` }
	if (utilization > NEARLY_FULL)
		return { status: "degraded", detail: `the buffer is ${Math.round(utilization * 100)} % full` }
	return { status: "healthy", detail: `${received} records in the last minute` }
}

/** Sums over the last minute, in slots of five seconds. */
export class LastMinute {
	readonly #slots = new Map<number, { received: number; dropped: number; refused: number }>()
	readonly #now: () => number

	constructor(now: () => number) {
		this.#now = now
	}

	add(what: "received" | "dropped" | "refused", by: number): void {
		const slot = Math.floor(this.#now() / 5_000)
		const counts = this.#slots.get(slot) ?? { received: 0, dropped: 0, refused: 0 }
		counts[what] += by
		this.#slots.set(slot, counts)
		for (const old of this.#slots.keys()) if (old <= slot - 12) this.#slots.delete(old)
	}

	sums(): { received: number; dropped: number; refused: number } {
		const oldest = Math.floor(this.#now() / 5_000) - 12
		const sums = { received: 0, dropped: 0, refused: 0 }
		for (const [slot, counts] of this.#slots) {
			if (slot <= oldest) continue
			sums.received += counts.received
			sums.dropped += counts.dropped
			sums.refused += counts.refused
		}
		return sums
	}
}
