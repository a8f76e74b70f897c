import { parse } from "yaml"
import { z } from "zod"
import type { AlertRule } from "../../core/clients/prometheus.ts"
import { parseDuration } from "../../core/lib/config.ts"

const words = z.record(z.string(), z.string()).default({})

const rule = z.object({
	alert: z.string(),
	expr: z.string(),
	for: z.string().default("0s"),
	labels: words,
	annotations: words,
})
const ruleFile = z.object({ groups: z.array(z.object({ rules: z.array(rule) })) })

/** An alerting rule of a rule file. */
export type WrittenAlert = z.output<typeof rule>

/** An alerting rule as Prometheus has it. */
export type LoadedAlert = Pick<AlertRule, "name" | "query" | "duration" | "labels" | "annotations">

/** The alerts of a generated rule file. */
export const alertsIn = (text: string): WrittenAlert[] =>
	ruleFile.parse(parse(text)).groups.flatMap(({ rules }) => rules)

/**
 * Names of the written alerts of which Prometheus has no equal. It reports expressions in its own spelling, so where the
 * texts differ both go through `format`, Prometheus' own formatter.
 */
export async function notLoaded(
	written: readonly WrittenAlert[],
	live: readonly LoadedAlert[],
	format: (query: string) => Promise<string>,
): Promise<string[]> {
	const others: string[] = []
	for (const one of written) {
		const alike = live.filter((candidate) => isAlike(one, candidate)).map(({ query }) => query)
		if (alike.some((query) => bare(query) === bare(one.expr))) continue
		const wanted = await format(one.expr)
		const found = await Promise.all(alike.map(format))
		if (!found.includes(wanted)) others.push(one.alert)
	}
	return [...new Set(others)]
}

const bare = (query: string): string => query.replace(/\s+/g, "")

const isAlike = (one: WrittenAlert, { name, duration, labels, annotations }: LoadedAlert): boolean =>
	name === one.alert &&
	duration * 1_000 === parseDuration(one.for) &&
	sorted(labels) === sorted(one.labels) &&
	sorted(annotations) === sorted(one.annotations)

const sorted = (record: Readonly<Record<string, string>>): string =>
	JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
