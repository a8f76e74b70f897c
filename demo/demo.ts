import { setMaxListeners } from "node:events"
import type { Tracer } from "@opentelemetry/api"
import { type Database, databaseError } from "../core/db/client.ts"
import type { Clock } from "../core/lib/clock.ts"
import { messageOf } from "../core/lib/errors.ts"
import type { Logger } from "../core/lib/log.ts"
import type { DemoContext } from "./context.ts"
import type { ControlReader } from "./control/control.ts"
import { createGate } from "./control/gate.ts"
import type { Switches } from "./control/switches.ts"
import { evaluationLoop } from "./loops/evaluations.ts"
import { closeOpenWork, housekeepingLoop } from "./loops/housekeeping.ts"
import { improvementLoop } from "./loops/improvements.ts"
import { createScript, sessionWorker } from "./loops/sessions.ts"
import { violationLoop } from "./loops/violations.ts"
import { createPool } from "./mcp/pool.ts"
import type { ServerEntries } from "./mcp/servers.ts"
import { createPace } from "./pace.ts"
import { writeHistory } from "./seed/history.ts"
import { createDemoTables } from "./store/schema.ts"
import { createStore } from "./store/store.ts"
import type { ClaudeCodeTelemetry } from "./telemetry/claude-code.ts"
import { seededRandom } from "./work/random.ts"

export interface DemoOptions {
	readonly db: Database
	/** Migrates the observatory's tables. */
	readonly migrate: () => Promise<void>
	readonly entries: ServerEntries
	/** alert-webhook's control state; without it, the database's rows and events decide. */
	readonly control: ControlReader | undefined
	readonly switches: Switches
	readonly tracer: Tracer
	readonly claudeCode: ClaudeCodeTelemetry
	readonly clock: Clock
	readonly log: Logger
	/** Speed, as a multiple of real time. */
	readonly pace: number
	readonly seed: number
	readonly pid: number
	/** Whether sessions break rules by themselves; they do when left out. */
	readonly violations?: boolean
	/** Number of concurrent sessions. */
	readonly workers: number
}

export interface Demo {
	/** True once the tables and the history exist, and while the database is unreachable: a caller need not wait for it. */
	ready(): boolean
	/** Running sessions, and whether the database accepts writes. */
	status(): { readonly sessions: readonly string[]; readonly database: "available" | "unreachable" }
	/** Resolves when the demo is closed; rejects when it cannot start. */
	readonly ended: Promise<void>
	/** Ends the work and, if the database is reachable, closes its open rows. */
	close(): Promise<void>
}

const CLOSING_MS = 3_000
const AFTER_ERROR_MS = 5_000

/** Starts the autonomous system. It survives outages of the database and of MCP servers. */
export function startDemo(options: DemoOptions): Demo {
	const { db, log, clock } = options
	const stopping = new AbortController()
	const { signal } = stopping
	// Every loop and every request in flight listens on it.
	setMaxListeners(50, signal)
	const store = createStore(db, log, signal)
	const pace = createPace(options.pace, signal)
	const mcp = createPool(options.entries, options.tracer, log, signal)
	const gate = createGate(store, pace, options.control)
	const random = seededRandom(options.seed)
	const owned = new Set<string>()
	const ctx: DemoContext = {
		store,
		gate,
		mcp,
		pace,
		random,
		owned,
		clock,
		log,
		switches: options.switches,
		tracer: options.tracer,
		claudeCode: options.claudeCode,
	}

	let started = false
	const run = async () => {
		await store.read(async () => {
			await options.migrate()
			await createDemoTables(db)
		})
		await closeOpenWork(store, `leftovers:${clock.now()}:${options.pid}`, "failed")
		await writeHistory(store, clock)
		started = true
		log.info("demo started")
		const script = createScript(ctx, options.workers)
		const loops = [
			...Array.from({ length: options.workers }, () => () => sessionWorker(ctx, script)),
			() => evaluationLoop(ctx, options.pid),
			() => improvementLoop(ctx),
			() => violationLoop(ctx, options.violations ?? true),
			() => housekeepingLoop(ctx),
		]
		await Promise.all(loops.map((loop) => keepRunning(loop, log, ctx)))
	}
	const ended = run().catch((error: unknown) => {
		// A wait that the stop aborts is no failure.
		if (!signal.aborted) throw databaseError(error, "Starting the demo")
	})
	return {
		ended,
		ready: () => started || !store.available(),
		status: () => ({ sessions: [...owned], database: store.available() ? "available" : "unreachable" }),
		async close() {
			stopping.abort()
			await ended.catch(() => undefined)
			await mcp.close()
			const closing = createStore(db, log, AbortSignal.timeout(CLOSING_MS))
			await closeOpenWork(closing, `stop:${clock.now()}:${options.pid}`, "completed").catch((error: unknown) =>
				log.warn({ problem: messageOf(error) }, "cannot close open sessions; the next start closes them"),
			)
		},
	}
}

/** A loop ends only with the demo. An error in one round is logged, and the next round starts. */
async function keepRunning(loop: () => Promise<void>, log: Logger, { pace }: DemoContext): Promise<void> {
	while (!pace.signal.aborted) {
		try {
			await loop()
		} catch (error) {
			if (pace.signal.aborted) return
			log.error({ err: error }, `demo loop failed; restarting: ${messageOf(error)}`)
			await pace.wait(AFTER_ERROR_MS).catch(() => undefined)
		}
	}
}
