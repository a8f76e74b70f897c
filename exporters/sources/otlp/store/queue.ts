import type { TelemetryRecord } from "../decode/records.ts"
import type { Parcel, Signal } from "../decode/units.ts"

export interface QueueLimits {
	/** Spans and log records that wait. */
	readonly records: number
	/** Bytes of the bodies that they lie in. */
	readonly bytes: number
}

/** A body of which records wait; it stays in memory until all of them are stored. */
interface Body {
	readonly parcel: Parcel<unknown>
	readonly bytes: number
	waiting: number
}

/** One record that waits, not yet read. */
export interface Waiting {
	readonly signal: Exclude<Signal, "metrics">
	/** Reads it. @throws an error of any kind when it is malformed */
	read(): TelemetryRecord | undefined
	/** It needs its body no more. */
	release(): void
}

/** Records that wait to be stored, first in, first out, within limits. */
export class StoreQueue {
	readonly #limits: QueueLimits
	#waiting: Waiting[] = []
	#records = 0
	#bytes = 0

	constructor(limits: QueueLimits) {
		this.#limits = limits
	}

	/** A function that queues a unit of the parcel, and returns whether there was room. */
	accept(signal: Waiting["signal"], parcel: Parcel<unknown>, bytes: number): (unit: number) => boolean {
		const body: Body = { parcel, bytes, waiting: 0 }
		return (unit) => {
			if (this.#records >= this.#limits.records) return false
			if (body.waiting === 0) {
				if (this.#bytes + body.bytes > this.#limits.bytes) return false
				this.#bytes += body.bytes
			}
			body.waiting++
			this.#records++
			this.#waiting.push({ signal, read: () => parcel.record(unit), release: () => this.#release(body) })
			return true
		}
	}

	/** The oldest of one signal in a row, at most `most`. */
	take(most: number): Waiting[] {
		const signal = this.#waiting[0]?.signal
		let count = 0
		while (count < most && this.#waiting[count] !== undefined && this.#waiting[count]?.signal === signal) count++
		return this.#waiting.splice(0, count)
	}

	/** Those that are not yet taken. */
	get length(): number {
		return this.#waiting.length
	}

	/** 0 to 1, by records or by bytes, whichever is fuller; what is being written counts. */
	utilization(): number {
		return Math.max(this.#records / this.#limits.records, this.#bytes / this.#limits.bytes)
	}

	#release(body: Body): void {
		this.#records--
		if (--body.waiting === 0) this.#bytes -= body.bytes
	}
}
