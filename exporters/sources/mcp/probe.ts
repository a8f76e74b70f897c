import type { McpState } from "../../../core/catalogue/subjects/mcp.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import type { Logger } from "../../../core/lib/log.ts"
import { type McpServerConfig, problemsOf } from "../../../core/lib/mcp-config.ts"
import { stateAfter } from "./classify.ts"
import { Connection, type ServerFacts } from "./connection.ts"

export interface ProbeTimes {
	readonly intervalMs: number
	/** For ping and tools/list, and for connecting over HTTP. */
	readonly timeoutMs: number
	/** For starting a child until it has answered initialize. */
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
	#timer: NodeJS.Timeout | undefined
	#running: Promise<void> | undefined
	#closing: Promise<void> = Promise.resolve()
	#failures = 0
	/** It has answered since it was last found gone. */
	#spoke = false

	constructor(config: McpServerConfig, times: ProbeTimes, report: ProbeReport, clock: Clock, log: Logger) {
		this.config = config
		this.#times = times
		this.#report = report
		this.#clock = clock
		this.#log = log.child({ mcpServer: config.name })
	}

	start(): void {
		const turn = () => {
			const startedAt = this.#clock.now()
			this.#running = this.#probe().finally(() => {
				this.#running = undefined
				if (this.#stopping.signal.aborted) return
				const gap = this.#times.intervalMs * Math.min(2 ** Math.max(0, this.#failures - 1), MAX_BACKOFF)
				this.#timer = setTimeout(turn, Math.max(0, gap - (this.#clock.now() - startedAt)))
			})
		}
		turn()
	}

	async close(): Promise<void> {
		this.#stopping.abort()
		clearTimeout(this.#timer)
		this.#drop()
		await this.#running
		this.#drop()
		await this.#closing
	}

	/** Drops the connection and probes at once. */
	async reconnect(): Promise<McpState | undefined> {
		clearTimeout(this.#timer)
		await this.#running
		clearTimeout(this.#timer)
		this.#drop()
		await this.#closing
		if (!this.#stopping.signal.aborted) this.start()
		await this.#running
		return this.state
	}

	/** Never rejects: a failure is a state. */
	async #probe(): Promise<void> {
		const startedAt = this.#clock.now()
		try {
			const facts = await this.#attempt()
			if (this.#stopping.signal.aborted) return
			this.#failures = 0
			this.#spoke = true
			this.#report.probed({ ...facts, seconds: (this.#clock.now() - startedAt) / 1000 })
			this.#become("connected")
		} catch (failure) {
			if (this.#stopping.signal.aborted) return
			this.#failures++
			this.#report.probed()
			const { state, reason } = failure as AttemptFailure
			if (state === "disconnected") this.#spoke = false
			this.#become(state, reason)
		}
	}

	/** A kept connection may be dead without our knowing, so its failure is only believed after a fresh one failed too. */
	async #attempt(): Promise<ServerFacts> {
		const kept = this.#connection
		if (kept === undefined || kept.closed) return this.#connectAndCheck()
		try {
			return await this.#within(this.#times.timeoutMs, kept, (signal, ms) => kept.check(signal, ms))
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
		const connection = new Connection(config, this.#log)
		this.#connection = connection
		const { timeoutMs, startTimeoutMs } = this.#times
		try {
			await this.#within(config.transport === "stdio" ? startTimeoutMs : timeoutMs, connection, (signal, ms) =>
				connection.open(signal, ms),
			)
			connection.onClosed = () => this.#ended(connection)
			return await this.#within(timeoutMs, connection, (signal, ms) => connection.check(signal, ms))
		} catch (error) {
			throw this.#fail(connection, error)
		}
	}

	#fail(connection: Connection, error: unknown): AttemptFailure {
		const { garbage } = connection
		// Over HTTP only we end a connection; a child ends by itself.
		const closed = connection.closed && this.config.transport === "stdio"
		const state = stateAfter({ error, closed, garbage, spoke: this.#spoke })
		this.#drop()
		return new AttemptFailure(state, messageOf(error))
	}

	/** Between two probes the server went away; do not wait for the next probe to say so. */
	#ended(connection: Connection): void {
		if (this.#connection !== connection || this.#running) return
		this.#spoke = false
		this.#become("disconnected", "the connection ended")
	}

	/** Runs one step with its deadline, which is shorter once something that is not MCP has arrived. */
	async #within<T>(
		ms: number,
		connection: Connection,
		step: (signal: AbortSignal, timeoutMs: number) => Promise<T>,
	): Promise<T> {
		const deadline = new AbortController()
		const signal = AbortSignal.any([deadline.signal, this.#stopping.signal])
		const timers: NodeJS.Timeout[] = []
		try {
			return await new Promise<T>((resolve, reject) => {
				const late = (after: number) => {
					const error = new ObservatoryError("timeout", `no answer within ${after} ms`)
					const expire = () => {
						reject(error)
						deadline.abort(error)
					}
					timers.push(setTimeout(expire, after))
				}
				late(ms)
				connection.onGarbage = () => late(Math.min(ms, this.#times.timeoutMs))
				signal.addEventListener("abort", () => reject(signal.reason), { once: true })
				step(signal, ms + 1_000).then(resolve, reject)
			})
		} finally {
			connection.onGarbage = () => undefined
			for (const timer of timers) clearTimeout(timer)
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
