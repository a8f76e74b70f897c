import { setMaxListeners } from "node:events"
import type { McpState } from "../../../core/catalogue/subjects/mcp.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import type { Logger } from "../../../core/lib/log.ts"
import { type McpServerConfig, problemsOf } from "../../../core/lib/mcp-config.ts"
import { PeriodicTask } from "../../../core/lib/periodic.ts"
import { stateAfter } from "./classify.ts"
import { Connection, type ServerFacts } from "./connection.ts"

export interface ProbeTimes {
	readonly intervalMs: number
	/** For each request to a server that has answered before. */
	readonly timeoutMs: number
	/** For a start until initialize is answered: of a program, or of a server over HTTP that has not answered yet. */
	readonly startTimeoutMs: number
}

/** Where a probe reports its results. */
export interface ProbeReport {
	/** A probe ended; `success` is there when it succeeded. */
	probed(success?: ServerFacts & { readonly seconds: number }): void
	state(state: McpState): void
}

/** Most intervals between two attempts at a server that stays away. */
const MAX_BACKOFF = 4
/** Answers of others can be whole pages. */
const LONGEST_REASON = 300

/** Keeps one server under observation: connects, probes, notices its end, reconnects. */
export class ServerProbe {
	readonly config: McpServerConfig
	state: McpState | undefined
	readonly #times: ProbeTimes
	readonly #report: ProbeReport
	readonly #clock: Clock
	readonly #log: Logger
	readonly #stopping = new AbortController()
	#connection: Connection | undefined
	#task: PeriodicTask | undefined
	#probing = false
	#closing: Promise<void> = Promise.resolve()
	#failures = 0
	/** It has answered initialize since it was last away. */
	#spoke = false

	constructor(config: McpServerConfig, times: ProbeTimes, report: ProbeReport, clock: Clock, log: Logger) {
		this.config = config
		this.#times = times
		this.#report = report
		this.#clock = clock
		this.#log = log.child({ mcpServer: config.name })
	}

	start(): void {
		const gap = () => this.#times.intervalMs * Math.min(2 ** Math.max(0, this.#failures - 1), MAX_BACKOFF)
		this.#task = new PeriodicTask("probe an MCP server", gap, this.#log, () => this.#probe())
	}

	async close(): Promise<void> {
		this.#stopping.abort()
		this.#drop()
		await this.#task?.close()
		this.#drop()
		await this.#closing
	}

	/** Never rejects: a failure is a state. */
	async #probe(): Promise<void> {
		const startedAt = this.#clock.now()
		this.#probing = true
		try {
			const facts = await this.#attempt()
			if (this.#stopping.signal.aborted) return
			this.#failures = 0
			this.#report.probed({ ...facts, seconds: (this.#clock.now() - startedAt) / 1000 })
			this.#become("connected")
		} catch (failure) {
			if (this.#stopping.signal.aborted) return
			this.#failures++
			this.#report.probed()
			const { state, reason } = failure as AttemptFailure
			if (state === "disconnected") this.#spoke = false
			this.#become(state, reason)
		} finally {
			this.#probing = false
		}
	}

	/** A kept connection may be dead without our knowing, so its failure is only believed after a fresh one failed too. */
	async #attempt(): Promise<ServerFacts> {
		const kept = this.#connection
		if (kept === undefined || kept.closed) return this.#connectAndCheck()
		try {
			return await this.#check(kept)
		} catch (error) {
			const failure = this.#fail(kept, error)
			// A hung child would be healed, and so hidden, by starting another one at once.
			if (this.config.transport === "stdio" && failure.state === "error") throw failure
			return this.#connectAndCheck()
		}
	}

	async #connectAndCheck(): Promise<ServerFacts> {
		await this.#closing
		const { config } = this
		if (config.transport === "unusable")
			throw new AttemptFailure("error", `its entry cannot be used: ${problemsOf([config]).join("; ")}`)
		const connection = new Connection(config, this.#clock, this.#log)
		this.#connection = connection
		const { timeoutMs, startTimeoutMs } = this.#times
		// Over HTTP the answer to initialize is confirmed by a second request.
		const openMs = config.transport !== "stdio" && this.#spoke ? 2 * timeoutMs : startTimeoutMs
		try {
			await this.#within(connection, openMs, (signal) => connection.open(signal, openMs + 1_000))
			this.#spoke = true
			connection.onClosed = () => this.#ended(connection)
			return await this.#check(connection)
		} catch (error) {
			throw this.#fail(connection, error)
		}
	}

	/** Each request has its own limit, and the list of tools one for all its pages. */
	#check(connection: Connection): Promise<ServerFacts> {
		return this.#within(connection, undefined, (signal) => connection.check(signal, this.#times.timeoutMs))
	}

	#fail(connection: Connection, error: unknown): AttemptFailure {
		const state = stateAfter({ error, garbage: connection.garbage, spoke: this.#spoke })
		const reason = messageOf(connection.explain(error)).slice(0, LONGEST_REASON)
		this.#drop()
		return new AttemptFailure(state, reason)
	}

	/** Between two probes the server went away; do not wait for the next probe to say so. */
	#ended(connection: Connection): void {
		if (this.#connection !== connection || this.#probing) return
		connection.failed.catch((reason: unknown) => {
			const { state } = this.#fail(connection, reason)
			if (state === "disconnected") this.#spoke = false
			this.#become(state, messageOf(reason))
		})
	}

	/** Runs one step until it ends, its deadline is reached, the connection fails, or the probe is closed. */
	async #within<T>(
		connection: Connection,
		ms: number | undefined,
		step: (signal: AbortSignal) => Promise<T>,
	): Promise<T> {
		const abandoned = new AbortController()
		const signal = AbortSignal.any([abandoned.signal, this.#stopping.signal])
		// Each page of a list of tools listens to it.
		setMaxListeners(0, signal)
		let timer: NodeJS.Timeout | undefined
		const ended = new Promise<never>((_, reject) => {
			signal.addEventListener("abort", () => reject(signal.reason), { once: true })
			const late = () => reject(new ObservatoryError("timeout", `no answer within ${ms} ms`))
			if (ms !== undefined) timer = setTimeout(late, ms)
		})
		try {
			return await Promise.race([step(signal), connection.failed, ended])
		} catch (error) {
			abandoned.abort()
			throw error
		} finally {
			clearTimeout(timer)
		}
	}

	#drop(): void {
		const connection = this.#connection
		this.#connection = undefined
		if (connection) this.#closing = Promise.all([this.#closing, connection.close()]).then(() => undefined)
	}

	#become(state: McpState, reason?: string): void {
		if (state !== this.state) {
			if (state === "connected") this.#log.info("MCP server connected")
			else this.#log.warn({ state, reason }, "MCP server does not answer as it should")
		}
		this.state = state
		this.#report.state(state)
	}
}

class AttemptFailure extends Error {
	readonly state: McpState
	readonly reason: string

	constructor(state: McpState, reason: string) {
		super(reason)
		this.state = state
		this.reason = reason
	}
}
