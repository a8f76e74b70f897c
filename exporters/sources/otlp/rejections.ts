import type { UnusableReason } from "../../../core/catalogue/subjects/telemetry.ts"
import { cleanLabelValue } from "../../../core/metrics/labels.ts"
import type { Signal } from "./decode/units.ts"

/** Most kinds of rejection in one answer; the rest is a number. */
const MOST_KINDS = 5

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

/** The unused records of one request, and the message about them for its sender. */
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
		if (this.#unusable.size < 2 * MOST_KINDS || this.#unusable.has(what))
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
		const kinds = [...this.#unusable].slice(0, MOST_KINDS).map(([what, n]) => `${n} ${what}`)
		const more = this.#unusable.size > MOST_KINDS ? ", and more" : ""
		const records = this.#signal === "traces" ? "spans" : this.#signal === "metrics" ? "points" : "log records"
		return [...full, `${unusable} ${records} cannot be used: ${kinds.join(", ")}${more}`].join("; ")
	}
}
