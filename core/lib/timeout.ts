import { setMaxListeners } from "node:events"
import { ObservatoryError } from "./errors.ts"

export interface Deadline {
	readonly ms: number
	/** Message of the timeout error. */
	readonly message: string
	/** Ends the work early; the promise then rejects with the signal's reason. */
	readonly signal?: AbortSignal | undefined
}

/**
 * The result of `work`, or a timeout error after `ms`, whether the work obeys its signal or not. A later result is
 * discarded.
 */
export async function withTimeout<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
	const { ms, message, signal } = deadline
	signal?.throwIfAborted()
	const ended = new AbortController()
	// A run may send any number of requests with this signal, which lives no longer than the run.
	setMaxListeners(0, ended.signal)
	const aborted = new Promise<never>((_, reject) => {
		ended.signal.addEventListener("abort", () => reject(ended.signal.reason), { once: true })
	})
	const end = () => ended.abort(signal?.reason)
	signal?.addEventListener("abort", end, { once: true })
	const timer = setTimeout(() => ended.abort(new ObservatoryError("timeout", message)), ms)
	try {
		return await Promise.race([aborted, work(ended.signal)])
	} finally {
		clearTimeout(timer)
		signal?.removeEventListener("abort", end)
	}
}
