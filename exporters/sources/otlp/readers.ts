import type { Readable } from "node:stream"
import { Refusal, tooLarge } from "./body.ts"

export interface ReaderLimits {
	/** Bytes of one body. */
	readonly bodyBytes: number
	/** Bodies that are read at once, and the bytes of them together. */
	readonly requests: number
	readonly readingBytes: number
	/** Milliseconds in which a body has to make progress. */
	readonly stallMs: number
}

interface Reading {
	/** Milliseconds, when its latest bytes came. */
	progressedAt: number
	bytes: number
	readonly refuse: (refusal: Refusal) => void
}

/** A sender that was silent for this long, in milliseconds, makes room for others when room is short. */
const SLOW_MS = 500

const overloaded = () => new Refusal(429, "overloaded", "too many requests at once")

/**
 * Reads bodies within limits. Memory is used by what has arrived, not by what a sender announces, and a sender that
 * stops half-way is refused after a while, or as soon as its room is needed: it keeps no one else waiting.
 */
export class Readers {
	/** In the order of their latest progress. */
	readonly #readings = new Set<Reading>()
	readonly #limits: ReaderLimits
	readonly #now: () => number
	#bytes = 0

	/** @param now milliseconds, only used for differences */
	constructor(limits: ReaderLimits, now: () => number) {
		this.#limits = limits
		this.#now = now
	}

	/**
	 * Reads a body as it was sent. Leaves the stream open, so that the refusal of the request reaches its sender.
	 *
	 * @param announced its length in bytes where the sender says it, else 0
	 * @throws Refusal, or an error of the connection
	 */
	read(body: Readable, announced: number): Promise<Buffer> {
		const { bodyBytes, requests, stallMs } = this.#limits
		if (announced > bodyBytes) return Promise.reject(tooLarge(bodyBytes))
		if (!this.#makeRoom(() => this.#readings.size < requests)) return Promise.reject(overloaded())
		return new Promise((resolve, reject) => {
			const chunks: Buffer[] = []
			const end = (then: () => void) => {
				clearTimeout(timer)
				body.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose)
				this.#readings.delete(reading)
				this.#bytes -= reading.bytes
				then()
			}
			const refuse = (refusal: Refusal) => end(() => reject(refusal))
			const reading: Reading = { progressedAt: this.#now(), bytes: 0, refuse }
			const onData = (chunk: Buffer) => {
				timer.refresh()
				// The latest one is last.
				this.#readings.delete(reading)
				this.#readings.add(reading)
				reading.progressedAt = this.#now()
				if (reading.bytes + chunk.length > bodyBytes) return refuse(tooLarge(bodyBytes))
				if (!this.#hasRoomFor(chunk.length)) return refuse(overloaded())
				reading.bytes += chunk.length
				this.#bytes += chunk.length
				chunks.push(chunk)
			}
			const onEnd = () => end(() => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
			const onError = (error: Error) => end(() => reject(error))
			const onClose = () => end(() => reject(new Error("the sender closed the connection")))
			const timer = setTimeout(
				() => refuse(new Refusal(408, "timeout", `nothing of the body arrived for ${stallMs / 1000} s`)),
				stallMs,
			)
			this.#readings.add(reading)
			body.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose)
		})
	}

	/** Reserves memory while `work` is done, as for a body that is unpacked. @throws Refusal when there is none */
	async reserve<T>(bytes: number, work: () => Promise<T>): Promise<T> {
		if (!this.#hasRoomFor(bytes)) throw overloaded()
		this.#bytes += bytes
		try {
			return await work()
		} finally {
			this.#bytes -= bytes
		}
	}

	#hasRoomFor(bytes: number): boolean {
		return this.#makeRoom(() => this.#bytes + bytes <= this.#limits.readingBytes)
	}

	/** Refuses senders that are slow, the slowest first, until there is room. */
	#makeRoom(isRoom: () => boolean): boolean {
		while (!isRoom()) {
			const [slowest] = this.#readings
			if (slowest === undefined || this.#now() - slowest.progressedAt < SLOW_MS) return false
			slowest.refuse(overloaded())
		}
		return true
	}
}
