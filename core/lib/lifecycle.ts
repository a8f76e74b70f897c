import { setTimeout as sleep } from "node:timers/promises"
import { explain } from "./errors.ts"
import type { Logger } from "./log.ts"

/** Something that was started and must be closed. */
export interface Closeable {
	close(): Promise<void>
}

/** How an error came that nothing was ready for. */
export const CRASHES = ["uncaughtException", "unhandledRejection"] as const
export type CrashKind = (typeof CRASHES)[number]

/** Closers that `main` registers while it starts. They run last-in first-out, each within a time limit. */
export interface Lifecycle {
	onClose(what: string, close: () => Promise<void> | void): void
	/** Called when the process is about to end because of an error that nothing handled. */
	onCrash(record: (kind: CrashKind, error: unknown) => Promise<void> | void): void
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
 *
 * An uncaught exception or unhandled rejection is written to standard error, recorded by `onCrash`, and ends the process
 * with 1 as well, so that a supervisor starts it again in a known state.
 */
export async function runMain(
	main: (life: Lifecycle) => Promise<void>,
	options: LifecycleOptions = {},
): Promise<never> {
	// What cannot be written, because a disk is full or a reader is gone, must not end the process.
	for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined)
	const closers: { what: string; close: () => Promise<void> | void }[] = []
	const recorders: Parameters<Lifecycle["onCrash"]>[0][] = []
	const stopping = new AbortController()
	let code = 0
	const crashed = new Promise<void>((resolve) => {
		const crash = async (kind: CrashKind, error: unknown) => {
			process.stderr.write(`${kind}: ${error instanceof Error ? error.stack : error}\n`)
			// What follows from the first one is no news.
			if (code !== 0) return
			code = 1
			stopping.abort()
			await Promise.race([record(recorders, kind, error), sleep(RECORD_MS)])
			resolve()
		}
		for (const kind of CRASHES) process.on(kind, (error: unknown) => void crash(kind, error))
	})
	const stopped = new Promise<void>((resolve) => {
		const stop = () => {
			stopping.abort()
			resolve()
		}
		process.once("SIGINT", stop)
		process.once("SIGTERM", stop)
		if (process.send) process.once("disconnect", stop)
	})

	const life: Lifecycle = {
		onClose: (what, close) => closers.push({ what, close }),
		onCrash: (recorder) => recorders.push(recorder),
		signal: stopping.signal,
	}
	try {
		await Promise.race([main(life).then(() => stopped), crashed])
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

/** The longest that recording a crash may take. */
const RECORD_MS = 2_000

/** One that fails does not keep the others from it. */
async function record(recorders: readonly Parameters<Lifecycle["onCrash"]>[0][], kind: CrashKind, error: unknown) {
	const attempts = recorders.map(async (recorder) => recorder(kind, error))
	for (const attempt of await Promise.allSettled(attempts))
		if (attempt.status === "rejected") process.stderr.write(`recording it failed: ${explain(attempt.reason)}\n`)
}
