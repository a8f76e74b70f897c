import { setMaxListeners } from "node:events"
import type { Tracer } from "@opentelemetry/api"
import { type Database, databaseError } from "../core/db/client.ts"
import type { Clock } from "../core/lib/clock.ts"
import { messageOf } from "../core/lib/errors.ts"
import type { Logger } from "../core/lib/log.ts"
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
import { seededRandom } from "./work/random.ts"
import type { World } from "./world.ts"

export interface DemoOptions {
	readonly db: Database
	/** Brings the project's own tables up to date. */
	readonly migrate: () => Promise<void>
	readonly entries: ServerEntries
	/** What alert-webhook lets autonomous sessions do; without one, the rows and events of the database say it. */
	readonly control: ControlReader | undefined
	readonly switches: Switches
	readonly tracer: Tracer
	readonly clock: Clock
	readonly log: Logger
	/** How many times faster than life. */
	readonly pace: number
	readonly seed: number
	readonly pid: number
	/** Sessions that work at the same time. */
	readonly workers: number
}

export interface Demo {
	/** True once the tables and the history are there, or as long as no database is: whoever waits need not wait longer. */
	ready(): boolean
	/** Sessions at work, and whether the database takes writes. */
	status(): { readonly sessions: readonly string[]; readonly database: "available" | "away" }
	/** Resolves when the demo was closed; rejects when it could not begin at all. */
	readonly ended: Promise<void>
	/** Ends the work, and closes what it has left open in the database if that is there. */
	close(): Promise<void>
}

const CLOSING_MS = 3_000
const AFTER_ERROR_MS = 5_000

/** Starts the autonomous system's life. Nothing that happens to the database or to an MCP server ends it. */
export function startDemo(options: DemoOptions): Demo {
	const { db, log, clock } = options
	const stopping = new AbortController()
	const { signal } = stopping
	// Every loop waits on it, and every request in flight.
	setMaxListeners(50, signal)
	const store = createStore(db, log, signal)
	const pace = createPace(options.pace, signal)
	const mcp = createPool(options.entries, options.tracer, log, signal)
	const gate = createGate(store, pace, options.control)
	const random = seededRandom(options.seed)
	const owned = new Set<string>()
	const world: World = {
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
	}

	let begun = false
	const life = async () => {
		await store.read(async () => {
			await options.migrate()
			await createDemoTables(db)
		})
		await closeOpenWork(store, `leftovers:${clock.now()}:${options.pid}`, "failed")
		await writeHistory(store, clock)
		begun = true
		log.info("the demo lives")
		const script = createScript(world, options.workers)
		const loops = [
			...Array.from({ length: options.workers }, () => () => sessionWorker(world, script)),
			() => evaluationLoop(world, options.pid),
			() => improvementLoop(world),
			() => violationLoop(world),
			() => housekeepingLoop(world),
		]
		await Promise.all(loops.map((loop) => keepRunning(loop, log, world)))
	}
	const ended = life().catch((error: unknown) => {
		// What a wait says when it is cut short by the stop is no failure.
		if (!signal.aborted) throw databaseError(error, "Starting the demo")
	})
	return {
		ended,
		ready: () => begun || !store.available(),
		status: () => ({ sessions: [...owned], database: store.available() ? "available" : "away" }),
		async close() {
			stopping.abort()
			await ended.catch(() => undefined)
			await mcp.close()
			const closing = createStore(db, log, AbortSignal.timeout(CLOSING_MS))
			await closeOpenWork(closing, `stop:${clock.now()}:${options.pid}`, "completed").catch((error: unknown) =>
				log.warn({ problem: messageOf(error) }, "open sessions could not be closed; the next start does it"),
			)
		},
	}
}

/** A loop ends only with the demo. A mistake in one of its rounds is logged, and the next round begins. */
async function keepRunning(loop: () => Promise<void>, log: Logger, { pace }: World): Promise<void> {
	while (!pace.signal.aborted) {
		try {
			await loop()
		} catch (error) {
			if (pace.signal.aborted) return
			log.error({ err: error }, `a round of the demo failed: ${messageOf(error)}`)
			await pace.wait(AFTER_ERROR_MS).catch(() => undefined)
		}
	}
}
