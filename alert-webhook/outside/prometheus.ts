import { z } from "zod"
import { request } from "./fetch.ts"

export interface Element {
	readonly labels: Readonly<Record<string, string>>
	readonly value: number
}

/** An alerting rule as Prometheus has loaded it. */
export interface AlertRule {
	readonly name: string
	readonly expression: string
	readonly labels: Readonly<Record<string, string>>
	/** Whether its latest evaluation failed. */
	readonly failing: boolean
}

export interface Prometheus {
	/** The elements of an instant query. @throws ObservatoryError */
	query(expr: string): Promise<readonly Element[]>
	/** The expression of an alerting rule, as Prometheus evaluates it now; undefined when it has none of that name. */
	alertExpression(alertname: string): Promise<string | undefined>
	/** Every alerting rule that it has loaded. @throws ObservatoryError */
	alertRules(): Promise<readonly AlertRule[]>
}

const vector = z.object({
	data: z.object({
		result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
	}),
})
const rule = z.object({
	name: z.string(),
	query: z.string(),
	labels: z.record(z.string(), z.string()).default({}),
	health: z.string().default("unknown"),
})
const rules = z.object({ data: z.object({ groups: z.array(z.object({ rules: z.array(rule) })) }) })

/** Prometheus' HTTP API, as far as it is needed here. */
export function createPrometheus(url: string): Prometheus {
	const alertRules = async () => {
		const response = await request("Prometheus", `${url}/api/v1/rules?type=alert`)
		const { data } = rules.parse(await response.json())
		return data.groups
			.flatMap((group) => group.rules)
			.map(({ name, query, labels, health }) => ({ name, expression: query, labels, failing: health === "err" }))
	}
	return {
		alertRules,
		async query(expr) {
			const response = await request("Prometheus", `${url}/api/v1/query`, {
				method: "POST",
				body: new URLSearchParams({ query: expr }),
			})
			const { data } = vector.parse(await response.json())
			return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
		},
		async alertExpression(alertname) {
			return (await alertRules()).find((rule) => rule.name === alertname)?.expression
		},
	}
}
