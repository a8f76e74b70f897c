import { explain } from "./errors.ts"
import type { Logger } from "./log.ts"

/** Something that was started and must be closed. */
export interface Closeable {
	close(): Promise<void>
}

/** Closers that `main` registers while it starts. They run last-in first-out, each within a time limit. */
export interface Lifecycle {
	onClose(what: string, close: () => Promise<void> | void): void
	/** Aborted when the process is asked to stop. */
	readonly signal: AbortSignal
}

export interface LifecycleOptions {
	log?: Logger
	/** Time limit of all closers together in milliseconds; then the process exits anyway. */
	deadlineMs?: number
}

/**
 * Runs a process's `main`: starts it, waits for SIGINT, SIGTERM or the end of its parent, runs the closers in reverse
 * order, and exits: 0 after a clean stop, 1 when the start failed.
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
