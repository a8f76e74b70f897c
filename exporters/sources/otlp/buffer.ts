/** Work that waits: so many records in so many units, each done on its own. */
export interface Work {
	readonly units: number
	readonly bytes: number
	records(unit: number): number
	/** Never throws. */
	process(unit: number): void
	/** Called once, when every accepted unit is processed. */
	done?(): void
}

export interface BufferLimits {
	readonly records: number
	readonly bytes: number
}

interface Queued {
	readonly work: Work
	/** Units from `next` up to here are accepted. */
	readonly until: number
	readonly bytes: number
	next: number
}

/** Longest stretch of work between two looks at the network, when little and when much is waiting. */
const SLICE_MS = { least: 5, most: 25 }
/** Units between two looks at the time. */
const STRIDE = 32

/**
 * Holds what has been received and not yet processed, within its limits, and processes it in slices, so that the
 * process keeps answering. What does not fit is reported to the caller, not kept.
 */
export class WorkBuffer {
	readonly #limits: BufferLimits
	readonly #onChange: (utilization: number) => void
	readonly #now: () => number
	readonly #queue: Queued[] = []
	#records = 0
	#bytes = 0
	#scheduled = false
	#progressedAt = 0
	#waiting: (() => void)[] = []

	/** `now` in milliseconds, only used for differences. */
	constructor(limits: BufferLimits, now: () => number, onChange: (utilization: number) => void) {
		this.#limits = limits
		this.#now = now
		this.#onChange = onChange
	}

	/** Takes as many units as fit, from the first on, and returns how many. */
	offer(work: Work): number {
		if (work.units === 0) return 0
		if (this.#bytes + work.bytes > this.#limits.bytes) return 0
		let accepted = 0
		let records = 0
		for (; accepted < work.units; accepted++) {
			const more = work.records(accepted)
			if (this.#records + records + more > this.#limits.records) break
			records += more
		}
		if (accepted === 0) return 0
		if (this.#queue.length === 0) this.#progressedAt = this.#now()
		this.#queue.push({ work, until: accepted, bytes: work.bytes, next: 0 })
		this.#records += records
		this.#bytes += work.bytes
		this.#onChange(this.utilization())
		this.#schedule()
		return accepted
	}

	/** 0 to 1, by records or by bytes, whichever is fuller. */
	utilization(): number {
		return Math.max(this.#records / this.#limits.records, this.#bytes / this.#limits.bytes)
	}

	/** Milliseconds for which work has waited without any being done. */
	stalledMs(): number {
		return this.#queue.length === 0 ? 0 : this.#now() - this.#progressedAt
	}

	/** Resolves when nothing waits. */
	drained(): Promise<void> {
		if (this.#queue.length === 0) return Promise.resolve()
		return new Promise((resolve) => this.#waiting.push(resolve))
	}

	#schedule(): void {
		if (this.#scheduled) return
		this.#scheduled = true
		setImmediate(() => {
			this.#scheduled = false
			this.#slice()
			if (this.#queue.length > 0) this.#schedule()
			else for (const resolve of this.#waiting.splice(0)) resolve()
		})
	}

	#slice(): void {
		const end = this.#now() + SLICE_MS.least + (SLICE_MS.most - SLICE_MS.least) * this.utilization()
		for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
			const stop = Math.min(head.until, head.next + STRIDE)
			for (; head.next < stop; head.next++) {
				this.#records -= head.work.records(head.next)
				head.work.process(head.next)
			}
			if (head.next === head.until) {
				this.#queue.shift()
				this.#bytes -= head.bytes
				head.work.done?.()
			}
			if (this.#now() >= end) break
		}
		this.#progressedAt = this.#now()
		this.#onChange(this.utilization())
	}
}
