import type { UnusableReason } from "../../../core/catalogue/subjects/telemetry.ts"
import { cleanLabelValue } from "../../../core/metrics/labels.ts"
import type { Signal } from "./decode/units.ts"

/** Kinds of rejection that a sender is told of; the rest is a number. */
const MOST_TOLD = 5

const REASONS: Readonly<Record<UnusableReason, string>> = {
	malformed: "malformed",
	not_a_number: "not a number",
	infinite: "infinite",
	negative: "negative",
	implausible: "larger than can be right",
	no_value: "without a value",
	no_temporality: "without an aggregation temporality",
	not_monotonic: "not monotonic",
	wrong_type: "of a type that this metric does not have",
	stale: "below an earlier total of the same stream",
}

/** What of one request is not used, and what its sender is told. */
export class Rejections {
	readonly #signal: Signal
	readonly #unusable = new Map<string, number>()
	#overflow = 0
	#records = 0

	constructor(signal: Signal) {
		this.#signal = signal
	}

	add(records: number, reason: UnusableReason, name: string): void {
		this.#records += records
		const what = `${REASONS[reason]}${name === "" ? "" : ` (${cleanLabelValue(name)})`}`
		if (this.#unusable.size < 2 * MOST_TOLD || this.#unusable.has(what))
			this.#unusable.set(what, (this.#unusable.get(what) ?? 0) + records)
	}

	/** Records for which there was no room. */
	overflow(records: number): void {
		this.#overflow += records
		this.#records += records
	}

	get records(): number {
		return this.#records
	}

	/** For the sender's log. */
	get message(): string {
		const full = this.#overflow > 0 ? ["the receiver's buffer is full"] : []
		const unusable = this.#records - this.#overflow
		if (unusable === 0) return full.join("")
		const told = [...this.#unusable].slice(0, MOST_TOLD).map(([what, n]) => `${n} ${what}`)
		const more = this.#unusable.size > MOST_TOLD ? ", and more" : ""
		const records = this.#signal === "traces" ? "spans" : this.#signal === "metrics" ? "points" : "log records"
		return [...full, `${unusable} ${records} cannot be used: ${told.join(", ")}${more}`].join("; ")
	}
}
