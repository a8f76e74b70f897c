import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import {
	type FORWARD_DROP_REASONS,
	forwardBuffer,
	forwardDropped,
	forwardReceived,
	forwardSent,
} from "../../../../core/catalogue/subjects/telemetry-forward.ts"
import { messageOf } from "../../../../core/lib/errors.ts"
import type { Closeable } from "../../../../core/lib/lifecycle.ts"
import type { Logger } from "../../../../core/lib/log.ts"
import type { MetricRegistry } from "../../../../core/metrics/registry.ts"
import type { Signal } from "../decode/units.ts"
import { CONTENT_TYPE, type Encoding } from "../response-body.ts"

const MIB = 1024 * 1024

export interface ForwardLimits {
	/** Requests that wait, and the bytes of their unpacked bodies. */
	readonly requests: number
	readonly bytes: number
	/** Milliseconds before the first repetition and at most before a later one. */
	readonly firstRetryMs: number
	readonly mostRetryMs: number
	/** Milliseconds that the backend has to answer. */
	readonly answerMs: number
}

const DEFAULTS: ForwardLimits = {
	requests: 2_000,
	bytes: 64 * MIB,
	firstRetryMs: 500,
	mostRetryMs: 30_000,
	answerMs: 10_000,
}
const SENDERS = 4
/** For what waits when the process ends. */
const CLOSING_MS = 3_000
/** The answers after which OTLP/HTTP asks for a repetition. */
const RETRYABLE = new Set([429, 502, 503, 504])

export interface ForwarderOptions {
	/** The backend's base address, to which `/v1/traces`, `/v1/metrics` and `/v1/logs` are added. */
	readonly url: string
	readonly headers: Readonly<Record<string, string>>
	readonly telemetry: MetricRegistry
	readonly log: Logger
	readonly limits?: Partial<ForwardLimits>
}

/** Sends every request on to another OTLP/HTTP backend. */
export interface Forwarder extends Closeable {
	/** Queues the unpacked body of a request; it neither waits nor throws. */
	forward(signal: Signal, encoding: Encoding, body: Buffer): void
	/** Resolves when nothing waits. */
	drained(): Promise<void>
}

interface Request {
	readonly signal: Signal
	readonly encoding: Encoding
	readonly body: Buffer
}

type DropReason = (typeof FORWARD_DROP_REASONS)[number]
const pack = promisify(gzip)

export function createForwarder(options: ForwarderOptions): Forwarder {
	const { url, telemetry, log } = options
	const limits = { ...DEFAULTS, ...options.limits }
	const received = telemetry.counter(forwardReceived)
	const sent = telemetry.counter(forwardSent)
	const dropped = telemetry.counter(forwardDropped)
	const utilization = telemetry.gauge(forwardBuffer)
	utilization.set({}, 0)
	const queue: Request[] = []
	const stopping = new AbortController()
	const loops = new Set<Promise<void>>()
	const waiting: (() => void)[] = []
	/** With those that are being sent. */
	const inMemory = { requests: 0, bytes: 0 }
	let failing = false

	const change = (by: 1 | -1, { body }: Request) => {
		inMemory.requests += by
		inMemory.bytes += by * body.length
		utilization.set({}, Math.max(inMemory.requests / limits.requests, inMemory.bytes / limits.bytes))
	}
	const drop = ({ signal }: Request, reason: DropReason) => dropped.inc({ signal, reason })

	/** Undefined when it was received, else how long to wait, or that it never will be. */
	const attempt = async ({
		signal,
		encoding,
		body,
	}: Request): Promise<undefined | { readonly retryMs?: number; readonly why: string }> => {
		const headers = { ...options.headers, "content-type": CONTENT_TYPE[encoding], "content-encoding": "gzip" }
		try {
			const response = await fetch(`${url}/v1/${signal}`, {
				method: "POST",
				headers,
				body: new Uint8Array(await pack(body)),
				redirect: "manual",
				signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(limits.answerMs)]),
			})
			await response.arrayBuffer()
			if (response.ok) return undefined
			const why = `the answer is ${response.status}`
			if (!RETRYABLE.has(response.status)) return { why }
			const after = Number(response.headers.get("retry-after"))
			return { why, retryMs: Number.isFinite(after) ? after * 1_000 : 0 }
		} catch (error) {
			return { why: messageOf(error instanceof Error && error.cause ? error.cause : error), retryMs: 0 }
		}
	}

	const send = async (request: Request) => {
		for (let wait = limits.firstRetryMs; ; wait = Math.min(2 * wait, limits.mostRetryMs)) {
			const failure = await attempt(request)
			if (failure === undefined) {
				if (failing) log.info({ url }, "telemetry is forwarded again")
				failing = false
				return sent.inc({ signal: request.signal })
			}
			if (!failing) log.warn({ url, error: failure.why }, "telemetry cannot be forwarded")
			failing = true
			if (stopping.signal.aborted) return drop(request, "shutdown")
			if (failure.retryMs === undefined) return drop(request, "refused")
			const pause = Math.min(limits.mostRetryMs, Math.max(wait, failure.retryMs))
			await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined)
		}
	}

	const run = async () => {
		for (let request = queue.shift(); request !== undefined; request = queue.shift()) {
			await send(request)
			change(-1, request)
		}
	}

	const start = () => {
		if (loops.size === SENDERS) return
		const loop = run().finally(() => {
			loops.delete(loop)
			if (loops.size === 0) for (const resolve of waiting.splice(0)) resolve()
		})
		loops.add(loop)
	}

	const drained = (): Promise<void> => {
		if (inMemory.requests === 0) return Promise.resolve()
		return new Promise((resolve) => waiting.push(resolve))
	}

	return {
		forward(signal, encoding, body) {
			const request = { signal, encoding, body }
			received.inc({ signal })
			if (stopping.signal.aborted) return drop(request, "shutdown")
			if (inMemory.requests >= limits.requests || inMemory.bytes + body.length > limits.bytes)
				return drop(request, "buffer_full")
			change(1, request)
			queue.push(request)
			start()
		},
		drained,
		async close() {
			await Promise.race([drained(), sleep(CLOSING_MS, undefined, { ref: false })])
			stopping.abort()
			await Promise.all(loops)
		},
	}
}
