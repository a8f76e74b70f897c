import { explain } from "./errors.ts"
import type { Logger } from "./log.ts"

/** Anything that was started and has to be stopped. */
export interface Closeable {
	close(): Promise<void>
}

/** What `main` may register while it starts. Closed last-in first-out, each bounded in time. */
export interface Lifecycle {
	onClose(what: string, close: () => Promise<void> | void): void
	/** Aborted as soon as the process has been asked to stop. */
	readonly signal: AbortSignal
}

export interface LifecycleOptions {
	log?: Logger
	/** Milliseconds that all closers together may take before the process ends anyway. */
	deadlineMs?: number
}

/**
 * Runs a process's `main`: starts it, waits for SIGINT or SIGTERM (or for the parent that spawned it to go away),
 * closes what it opened in reverse order, and exits: 0 after a clean stop, 1 when starting failed.
 */
export async function runMain(
	main: (life: Lifecycle) => Promise<void>,
	options: LifecycleOptions = {},
): Promise<never> {
	// What cannot be written, because a disk is full or a reader is gone, must not end the process.
	for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined)
	const closers: { what: string; close: () => Promise<void> | void }[] = []
	const stopping = new AbortController()
	const stopped = new Promise<void>((resolve) => {
		const stop = () => {
			stopping.abort()
			resolve()
		}
		process.once("SIGINT", stop)
		process.once("SIGTERM", stop)
		if (process.send) process.once("disconnect", stop)
	})

	let code = 0
	try {
		await main({ onClose: (what, close) => closers.push({ what, close }), signal: stopping.signal })
		await stopped
	} catch (error) {
		code = 1
		process.stderr.write(`${explain(error)}\n`)
	}
	const deadline = setTimeout(() => process.exit(code || 1), options.deadlineMs ?? 10_000)
	for (const { what, close } of closers.reverse()) {
		try {
			await close()
		} catch (error) {
			options.log?.error({ err: error }, `closing ${what} failed`)
		}
	}
	clearTimeout(deadline)
	process.exit(code)
}
