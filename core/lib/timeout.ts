import { ObservatoryError } from "./errors.ts"

export interface Deadline {
	readonly ms: number
	/** What the error says when the time is over. */
	readonly message: string
	/** Ends the work before its time; the promise then rejects with the signal's reason. */
	readonly signal?: AbortSignal | undefined
}

/**
 * The result of `work`, or a timeout once its time is over, whether the work heeds the signal that it is given or not.
 * What comes of it after that is nobody's result.
 */
export async function withTimeout<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
	const { ms, message, signal } = deadline
	signal?.throwIfAborted()
	const over = new AbortController()
	const given = new Promise<never>((_, reject) => {
		over.signal.addEventListener("abort", () => reject(over.signal.reason), { once: true })
	})
	const end = () => over.abort(signal?.reason)
	signal?.addEventListener("abort", end, { once: true })
	const timer = setTimeout(() => over.abort(new ObservatoryError("timeout", message)), ms)
	try {
		return await Promise.race([given, work(over.signal)])
	} finally {
		clearTimeout(timer)
		signal?.removeEventListener("abort", end)
	}
}
