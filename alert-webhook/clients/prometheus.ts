import { z } from "zod"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Point } from "../domain/anomaly/point.ts"
import { requestJson } from "./fetch.ts"

export interface Element {
	readonly labels: Readonly<Record<string, string>>
	readonly value: number
}

/** A range query: its points lie at `from`, `from + step` and so on up to `to`, in milliseconds. */
export interface Range {
	readonly from: number
	readonly to: number
	readonly step: number
	readonly signal?: AbortSignal
}

export interface Prometheus {
	/** The elements of an instant query, now or at `at` milliseconds since the epoch. @throws ObservatoryError */
	query(expr: string, options?: { at?: number; signal?: AbortSignal }): Promise<readonly Element[]>
	/**
	 * The points of a range query with at most one element; there is no point where it has no value. @throws
	 * ObservatoryError
	 */
	range(expr: string, range: Range): Promise<readonly Point[]>
	/** Every alerting rule with its expression, in the order of evaluation. @throws ObservatoryError */
	alertRules(): Promise<readonly AlertRule[]>
}

/** An alerting rule as Prometheus has loaded it. */
export interface AlertRule {
	readonly name: string
	readonly query: string
	readonly labels: Readonly<Record<string, string>>
	/** The result of its latest evaluation: ok, err, or unknown before the first. */
	readonly health: string
}

const vector = z.object({
	data: z.object({
		result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
	}),
})
const matrix = z.object({
	data: z.object({ result: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])) })) }),
})
const rule = z.object({
	name: z.string(),
	query: z.string(),
	labels: z.record(z.string(), z.string()).default({}),
	health: z.string().default("unknown"),
})
const rules = z.object({ data: z.object({ groups: z.array(z.object({ rules: z.array(rule) })) }) })

/** The part of Prometheus' HTTP API that we use. https://prometheus.io/docs/prometheus/latest/querying/api/ */
export function createPrometheus(url: string): Prometheus {
	const alertRules = async () => {
		const { data } = rules.parse(await requestJson("Prometheus", `${url}/api/v1/rules?type=alert`))
		return data.groups.flatMap((group) => group.rules)
	}
	const ask = (endpoint: string, parameters: Record<string, string>, signal?: AbortSignal) =>
		requestJson("Prometheus", `${url}/api/v1/${endpoint}`, {
			method: "POST",
			body: new URLSearchParams(parameters),
			...(signal ? { signal } : {}),
		})
	return {
		async query(expr, { at, signal } = {}) {
			const parameters = { query: expr, ...(at === undefined ? {} : { time: String(at / 1000) }) }
			const { data } = vector.parse(await ask("query", parameters, signal))
			return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
		},
		async range(expr, { from, to, step, signal }) {
			const parameters = {
				query: expr,
				start: String(from / 1000),
				end: String(to / 1000),
				step: String(step / 1000),
			}
			const { data } = matrix.parse(await ask("query_range", parameters, signal))
			const [element, another] = data.result
			if (another) throw new ObservatoryError("source_malformed", `Prometheus has several elements for ${expr}`)
			return (element?.values ?? []).map(([at, value]) => ({ at: Math.round(at * 1000), value: Number(value) }))
		},
		alertRules,
	}
}
