import { setTimeout as sleep } from "node:timers/promises"
import { z } from "zod"
import { messageOf, ObservatoryError } from "../lib/errors.ts"
import { type Endpoint, headersOf } from "./endpoint.ts"
import { exchange, wrongCredential } from "./request.ts"

/** One element of an instant query. */
export interface Element {
	readonly labels: Readonly<Record<string, string>>
	readonly value: number
}

/** One value of a series. `at` in milliseconds since the epoch. */
export interface Point {
	readonly at: number
	readonly value: number
}

/** One element of a range query. */
export interface RangeElement {
	readonly labels: Readonly<Record<string, string>>
	readonly points: readonly Point[]
}

/** A range query's instants: `from`, `from + step` and so on up to `to`, in milliseconds. */
export interface Range {
	readonly from: number
	readonly to: number
	readonly step: number
	readonly signal?: AbortSignal
}

/** An alerting rule as Prometheus has loaded it. */
export interface AlertRule {
	readonly name: string
	readonly query: string
	/** How long its condition has to hold, in seconds. */
	readonly duration: number
	readonly labels: Readonly<Record<string, string>>
	readonly annotations: Readonly<Record<string, string>>
	/** How its latest evaluation went: ok, err, or unknown before the first. */
	readonly health: string
	/** The rule file that it comes from, as Prometheus names it. */
	readonly file: string
	/** Seconds between its evaluations. */
	readonly every: number
}

/** A scrape target. */
export interface Target {
	readonly job: string
	readonly health: "up" | "down" | "unknown"
	readonly lastError: string
}

export interface Prometheus {
	readonly url: string
	/** An instant query, now or at `at` milliseconds since the epoch. @throws ObservatoryError */
	query(expr: string, options?: { at?: number; signal?: AbortSignal }): Promise<readonly Element[]>
	/** A range query; an instant without a value has no point. @throws ObservatoryError, `too_large` when a shorter range may work */
	range(expr: string, range: Range): Promise<readonly RangeElement[]>
	/** Every alerting rule with its expression, in the order of evaluation. @throws ObservatoryError */
	alertRules(): Promise<readonly AlertRule[]>
	/** Every active scrape target. @throws ObservatoryError */
	targets(): Promise<readonly Target[]>
	/** An expression in Prometheus' own spelling. @throws ObservatoryError */
	format(expr: string): Promise<string>
	/** Reloads the configuration over HTTP, or by SIGHUP where `pid` is its process. @throws ObservatoryError `source_rejected` with its reason */
	reload(pid?: number): Promise<void>
}

const labels = z.record(z.string(), z.string())
const sample = z.tuple([z.number(), z.string()])
const vector = z.object({ result: z.array(z.object({ metric: labels, value: sample })) })
const matrix = z.object({ result: z.array(z.object({ metric: labels, values: z.array(sample) })) })
const rules = z.object({
	groups: z.array(
		z.object({
			file: z.string().default(""),
			interval: z.number().default(60),
			rules: z.array(
				z.object({
					name: z.string(),
					query: z.string(),
					duration: z.number().default(0),
					labels: labels.default({}),
					annotations: labels.default({}),
					health: z.string().default("unknown"),
				}),
			),
		}),
	),
})
const targets = z.object({
	activeTargets: z.array(
		z.object({
			labels: z.object({ job: z.string() }),
			health: z.enum(["up", "down", "unknown"]),
			lastError: z.string().default(""),
		}),
	),
})
const runtime = z.object({ lastConfigTime: z.string(), reloadConfigSuccess: z.boolean() })

/** Every answer of the API. https://prometheus.io/docs/prometheus/latest/querying/api/ */
const envelope = z.object({ status: z.string(), error: z.string().optional(), data: z.unknown() })

const WHERE = "Start it, or set PROMETHEUS_URL to its address (--prometheus-url on a command line)."

const TOO_MUCH = /too many samples|timed out|exceeded maximum resolution/

/** A client of Prometheus' HTTP API. `timeoutMs` bounds each request. */
export function createPrometheus(endpoint: Endpoint, timeoutMs = 10_000): Prometheus {
	const { url } = endpoint
	const headers = headersOf(endpoint)
	const send = async (path: string, init: RequestInit) => {
		const answer = await exchange("Prometheus", `${url}${path}`, { ...init, headers }, timeoutMs).catch((error) => {
			throw new ObservatoryError("source_unreachable", messageOf(error), { cause: error, advice: WHERE })
		})
		if (answer.status === 401) throw wrongCredential("Prometheus")
		return answer
	}
	const read = async <T>(schema: z.ZodType<T>, path: string, init: RequestInit, about: string): Promise<T> => {
		const { status, body } = await send(`/api/v1/${path}`, init)
		const parsed = envelope.safeParse(asJson(body))
		if (!parsed.success || parsed.data.status !== "success") {
			const reason = (parsed.success && parsed.data.error) || `HTTP ${status}: ${body.slice(0, 300)}`
			throw refused(about, reason, status === 503 || TOO_MUCH.test(reason))
		}
		const data = schema.safeParse(parsed.data.data)
		if (data.success) return data.data
		throw new ObservatoryError("source_malformed", `Prometheus at ${url} answers ${about} with another shape`, {
			advice: "Is it a Prometheus of 2.42 or later?",
			cause: data.error,
		})
	}
	const get = <T>(schema: z.ZodType<T>, path: string) => read(schema, path, {}, path)
	const ask = <T>(schema: z.ZodType<T>, path: string, parameters: Record<string, string>, signal?: AbortSignal) => {
		const body = new URLSearchParams(parameters)
		return read(schema, path, { method: "POST", body, ...(signal ? { signal } : {}) }, parameters.query ?? path)
	}
	const refused = (about: string, reason: string, tooMuch: boolean) =>
		new ObservatoryError(
			tooMuch ? "too_large" : "source_rejected",
			`Prometheus at ${url} refuses ${about}: ${reason}`,
			{
				advice: tooMuch ? "Ask for less at a time: a longer step, or a shorter range." : "",
			},
		)

	return {
		url,
		async query(expr, { at, signal } = {}) {
			const time = at === undefined ? {} : { time: String(at / 1000) }
			const { result } = await ask(vector, "query", { query: expr, ...time }, signal)
			return result.map(({ metric, value }) => ({ labels: metric, value: numberIn(value[1]) }))
		},
		async range(expr, { from, to, step, signal }) {
			const [start, end, every] = [from, to, step].map((ms) => String(ms / 1000)) as [string, string, string]
			const { result } = await ask(matrix, "query_range", { query: expr, start, end, step: every }, signal)
			return result.map(({ metric, values }) => ({
				labels: metric,
				points: values.map(([at, value]) => ({ at: Math.round(at * 1000), value: numberIn(value) })),
			}))
		},
		async alertRules() {
			const { groups } = await get(rules, "rules?type=alert")
			return groups.flatMap((group) =>
				group.rules.map((rule) => ({ ...rule, file: group.file, every: group.interval })),
			)
		},
		async targets() {
			const { activeTargets } = await get(targets, "targets?state=active")
			return activeTargets.map(({ labels: { job }, health, lastError }) => ({ job, health, lastError }))
		},
		format: (query) => ask(z.string(), "format_query", { query }),
		async reload(pid) {
			if (pid !== undefined) return reloadBySignal(pid, () => get(runtime, "status/runtimeinfo"))
			const { status, body } = await send("/-/reload", { method: "POST" })
			if (status === 200) return
			const advice =
				status === 403 || status === 405
					? "Prometheus reloads over HTTP only with --web.enable-lifecycle; without it, send it SIGHUP (--prometheus-pid)."
					: ""
			throw new ObservatoryError(
				"source_rejected",
				`Prometheus refuses to reload (${status}): ${body.trim().slice(0, 2_000)}`,
				{ advice },
			)
		},
	}
}

/** Enough for a reload of thousands of rules on a slow machine. */
const RELOAD_MS = 15_000

/** Prometheus says since when it has its configuration in whole seconds only, so the signal waits for the next second. */
async function reloadBySignal(pid: number, status: () => Promise<z.output<typeof runtime>>): Promise<void> {
	const before = await status()
	const age = Date.now() - Date.parse(before.lastConfigTime)
	if (age < 1_000) await sleep(1_000 - age)
	try {
		process.kill(pid, "SIGHUP")
	} catch (error) {
		throw new ObservatoryError(
			"source_unreachable",
			`Prometheus (process ${pid}) takes no signal: ${messageOf(error)}`,
			{
				cause: error,
			},
		)
	}
	for (const deadline = Date.now() + RELOAD_MS; Date.now() < deadline; await sleep(100)) {
		const now = await status()
		if (now.reloadConfigSuccess && now.lastConfigTime !== before.lastConfigTime) return
		if (!now.reloadConfigSuccess && before.reloadConfigSuccess) break
	}
	throw new ObservatoryError("source_rejected", "Prometheus does not load the new configuration", {
		advice: "Its log says why.",
	})
}

const numberIn = (text: string) => (text.endsWith("Inf") ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text))

/** A proxy's page fits no answer and is refused with its first words. */
function asJson(text: string): unknown {
	try {
		return JSON.parse(text)
	} catch {
		return undefined
	}
}
