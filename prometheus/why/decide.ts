import type { Config, InhibitRule, Labels, Matcher, Route } from "./config.ts"
import type { Instance, Period, Silence } from "./facts.ts"

/** Whether labels meet every matcher; a missing label is empty. */
export const meets = (labels: Labels, matchers: readonly Matcher[]): boolean =>
	matchers.every(({ name, value, isRegex, isEqual }) => {
		const label = labels[name] ?? ""
		return (isRegex ? pattern(value).test(label) : label === value) === isEqual
	})

const patterns = new Map<string, RegExp>()

/** A pattern of Alertmanager, which fits the whole value. */
function pattern(text: string): RegExp {
	const known = patterns.get(text) ?? new RegExp(`^(?:${text})$`, "s")
	patterns.set(text, known)
	return known
}

/** The routes that get an alert with these labels, as Alertmanager finds them. */
export function routesFor(labels: Labels, route: Route): Route[] {
	if (!meets(labels, route.matchers)) return []
	const found: Route[] = []
	for (const child of route.routes) {
		const below = routesFor(labels, child)
		found.push(...below)
		if (below.length > 0 && !child.continue) break
	}
	return found.length > 0 ? found : [route]
}

/** The silences that apply to the labels at some time of the period, with the time that they cover of it. */
export const silencesOf = (
	labels: Labels,
	period: Period,
	silences: readonly Silence[],
	until: number,
): { readonly silence: Silence; readonly covers: Period }[] =>
	silences
		.filter(({ matchers }) => meets(labels, matchers))
		.flatMap((silence) => {
			const covers = overlap(period, silence, until)
			return covers === undefined ? [] : [{ silence, covers }]
		})

/** What inhibited an instance during a period: the source, and when. */
export interface Inhibition {
	readonly source: Instance
	readonly rule: InhibitRule
	readonly covers: Period
}

/** Finds what inhibited an instance during a period. */
export type FindInhibitions = (target: Instance, period: Period) => Inhibition[]

/** Knows every alert that can inhibit another one, by rule and by the labels that both must have equal. */
export function createInhibitor(
	instances: readonly Instance[],
	{ inhibitRules }: Config,
	until: number,
): FindInhibitions {
	const indexes = inhibitRules.map((rule) => {
		const sources = new Map<string, Instance[]>()
		for (const source of instances) {
			if (source.firing.length === 0 || !meets(source.labels, rule.source)) continue
			const key = keyOf(source, rule)
			sources.set(key, [...(sources.get(key) ?? []), source])
		}
		return { rule, sources }
	})
	return (target, period) =>
		indexes
			.filter(({ rule }) => meets(target.labels, rule.target))
			.flatMap(({ rule, sources }) =>
				(sources.get(keyOf(target, rule)) ?? [])
					.filter((source) => source !== target && !areBothSides(source, target, rule))
					.flatMap((source) =>
						source.firing.flatMap((firing) => {
							const covers = overlap(period, firing, until)
							return covers === undefined ? [] : [{ source, rule, covers }]
						}),
					),
			)
}

const keyOf = ({ labels }: Instance, { equal }: InhibitRule): string =>
	JSON.stringify(equal.map((label) => labels[label] ?? ""))

/** Alertmanager lets two alerts that are both source and target of a rule not inhibit each other. */
const areBothSides = (source: Instance, target: Instance, rule: InhibitRule): boolean =>
	meets(target.labels, rule.source) && meets(source.labels, rule.target)

function overlap(
	a: Period,
	b: { readonly from: number; readonly to: number | undefined },
	until: number,
): Period | undefined {
	const from = Math.max(a.from, b.from)
	const to = Math.min(a.to ?? until, b.to ?? until)
	return from < to || (from === to && a.from === a.to) ? { from, to } : undefined
}

/** Whether periods together cover another one without a gap longer than `slackMs`. */
export function covered(period: Period, by: readonly Period[], until: number, slackMs: number): boolean {
	if (by.length === 0) return false
	let at = period.from
	for (const { from, to } of [...by].sort((a, b) => a.from - b.from)) {
		if (from > at + slackMs) return false
		at = Math.max(at, to ?? until)
	}
	return at + slackMs >= (period.to ?? until)
}

/** Runs of instants at most one step apart; open while the last one is the last that was looked at. */
export function periodsOf(instants: readonly number[], stepMs: number, lastMs: number): Period[] {
	const periods: { from: number; to: number }[] = []
	for (const at of [...new Set(instants)].sort((a, b) => a - b)) {
		const current = periods.at(-1)
		if (current && at - current.to <= stepMs * 1.5) current.to = at
		else periods.push({ from: at, to: at })
	}
	return periods.map(({ from, to }) => ({ from, to: to + stepMs > lastMs ? undefined : to }))
}
