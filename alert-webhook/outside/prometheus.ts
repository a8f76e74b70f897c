import { z } from "zod"
import { request } from "./fetch.ts"

export interface Element {
	readonly labels: Readonly<Record<string, string>>
	readonly value: number
}

export interface Prometheus {
	/** The elements of an instant query. @throws ObservatoryError */
	query(expr: string): Promise<readonly Element[]>
	/** The expression of an alerting rule, as Prometheus evaluates it now; undefined when it has none of that name. */
	alertExpression(alertname: string): Promise<string | undefined>
}

const vector = z.object({
	data: z.object({
		result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
	}),
})
const rules = z.object({
	data: z.object({
		groups: z.array(z.object({ rules: z.array(z.object({ name: z.string(), query: z.string() })) })),
	}),
})

/** Prometheus' HTTP API, as far as it is needed here. */
export function createPrometheus(url: string): Prometheus {
	return {
		async query(expr) {
			const response = await request("Prometheus", `${url}/api/v1/query`, {
				method: "POST",
				body: new URLSearchParams({ query: expr }),
			})
			const { data } = vector.parse(await response.json())
			return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
		},
		async alertExpression(alertname) {
			const response = await request("Prometheus", `${url}/api/v1/rules?type=alert`)
			const { data } = rules.parse(await response.json())
			return data.groups.flatMap((group) => group.rules).find((rule) => rule.name === alertname)?.query
		},
	}
}
