import { parse } from "yaml"
import { z } from "zod"
import type { RangeElement } from "../../../core/clients/prometheus.ts"

/**
 * The first time after `since` at which a counter of accepted requests had grown, in milliseconds; a counter that starts
 * again has grown when it is above 0. Undefined while it has not.
 */
export function firstGrowth({ points }: Pick<RangeElement, "points">, since: number): number | undefined {
	const before = points.filter(({ at }) => at <= since).at(-1)
	const after = points.filter(({ at }) => at > since)
	const values = [before?.value ?? 0, ...after.map(({ value }) => value)]
	return after.find(({ value }, i) => {
		const last = values[i] ?? 0
		return value > (value < last ? 0 : last)
	})?.at
}

const receivers = z.object({ receivers: z.array(z.looseObject({ name: z.string() })).default([]) })

/**
 * The kinds of delivery of each receiver, as Alertmanager's metrics name them, from its configuration. Webhooks are left
 * out: their counter also counts the notifications that this receiver gets.
 */
export function integrationsIn(configuration: string): ReadonlyMap<string, readonly string[]> {
	const parsed = receivers.safeParse(parse(configuration))
	if (!parsed.success) return new Map()
	return new Map(
		parsed.data.receivers.map(({ name, ...rest }) => [
			name,
			Object.entries(rest).flatMap(([key, list]) => {
				const integration = /^(\w+)_configs$/.exec(key)?.[1]
				const isUsed = Array.isArray(list) && list.length > 0
				return integration === undefined || integration === "webhook" || !isUsed ? [] : [integration]
			}),
		]),
	)
}
