import { formatDuration } from "../../core/lib/config.ts"
import type { Labels, Route } from "./config.ts"
import { covered, createInhibitor, type FindInhibitions, routesFor, silencesOf } from "./decide.ts"
import type { Comparison, Facts, Instance, Period, RuleFact } from "./facts.ts"

/** One line of the answer. */
export interface Line {
	readonly step:
		| "rule"
		| "condition"
		| "pending"
		| "fired"
		| "silenced"
		| "inhibited"
		| "muted"
		| "sent"
		| "delivery"
		| "incident"
	readonly text: string
}

/** What became of one instance. */
export interface Outcome {
	readonly labels: Labels
	readonly result: "sent" | "silenced" | "inhibited" | "unknown"
	readonly receivers: readonly string[]
	readonly lines: readonly Line[]
}

export interface Explanation {
	readonly alert: string
	/** The answer in a sentence. */
	readonly verdict: string
	readonly lines: readonly Line[]
	readonly outcomes: readonly Outcome[]
}

/** What became of an alert, and why people were paged or not. Decides from the facts alone. */
export function explainWhy(facts: Facts): Explanation {
	const { alert, rules, instances } = facts
	const own = instances.filter(({ name }) => name === alert)
	const fired = own.filter(({ firing }) => firing.length > 0)
	const inhibitions =
		facts.alertmanager.reached === "yes" ? createInhibitor(instances, facts.alertmanager.config, facts.to) : () => []
	const outcomes = fired.map((instance) => outcomeOf(instance, facts, inhibitions))
	const lines = [
		...rules.flatMap((rule) => ruleLines(rule, facts)),
		...own.filter(({ firing }) => firing.length === 0).map((instance) => pendingLine(instance, rules)),
		...facts.deliveries
			.filter(({ failed }) => failed > 0)
			.map(
				({ integration, failed, sent }): Line => ({
					step: "delivery",
					text: `${Math.round(failed)} of ${Math.round(sent)} notifications of ${integration} failed in this time`,
				}),
			),
		...(facts.incidents ?? []).flatMap(({ id, status, timeline }) =>
			timeline.map(
				({ at, text }): Line => ({
					step: "incident",
					text: `#${id} (${status}) ${clock(at)} ${text}`,
				}),
			),
		),
	]
	return { alert, verdict: verdictOf(facts, own, outcomes), lines, outcomes }
}

function verdictOf(
	{ rules, alertmanager, from, to }: Facts,
	own: readonly Instance[],
	outcomes: readonly Outcome[],
): string {
	const during = `between ${clock(from)} and ${clock(to)}`
	if (outcomes.length === 0) {
		if (rules.length === 0) return "Prometheus has no rule of this name: it was never compiled, or not loaded."
		if (own.length > 0) return `It was pending ${during} but did not fire: the condition ended before for had passed.`
		const missing = rules.flatMap((rule) => rule.missing)
		if (missing.length > 0) return `It did not fire ${during}: ${[...new Set(missing)].join(", ")} had no value.`
		return `It did not fire ${during}: its condition was not true.`
	}
	if (alertmanager.reached === "no") return `It fired; what Alertmanager did with it is not known: ${alertmanager.why}.`
	const count = (result: Outcome["result"]) => outcomes.filter((outcome) => outcome.result === result)
	const parts = [
		[count("sent"), "went to"],
		[count("silenced"), "silenced all the time"],
		[count("inhibited"), "inhibited all the time"],
	] as const
	const words = parts
		.filter(([some]) => some.length > 0)
		.map(([some, what]) => {
			const receivers = [...new Set(some.flatMap((outcome) => outcome.receivers))].join(", ")
			const number = outcomes.length === 1 ? "it" : `${some.length} of ${outcomes.length} instances`
			return what === "went to"
				? `${number} went to ${receivers}`
				: `${number} ${outcomes.length === 1 || some.length === 1 ? "was" : "were"} ${what}`
		})
	return `It fired, and ${words.join("; ")}.`
}

function outcomeOf(instance: Instance, facts: Facts, inhibitions: FindInhibitions): Outcome {
	const { alertmanager, to, stepMs } = facts
	const lines: Line[] = instance.firing.map((period) => ({
		step: "fired",
		text: `${span(period)} ${show(instance.labels)}`,
	}))
	if (alertmanager.reached === "no") return { labels: instance.labels, result: "unknown", receivers: [], lines }
	const { config, silences } = alertmanager
	const routes = routesFor(instance.labels, config.route)
	const suppressions = instance.firing.map((period) => {
		const silenced = silencesOf(instance.labels, period, silences, to)
		const inhibited = inhibitions(instance, period)
		for (const { silence, covers } of silenced)
			lines.push({
				step: "silenced",
				text: `${span(covers)} by ${silence.createdBy}: "${silence.comment}" (${silence.id})`,
			})
		for (const { source, rule, covers } of inhibited)
			lines.push({
				step: "inhibited",
				text: `${span(covers)} by ${source.name} ${show(source.labels)}${rule.equal.length > 0 ? `, which has the same ${rule.equal.join(", ")}` : ""}`,
			})
		const cover = (periods: readonly Period[]) => covered(period, periods, to, stepMs)
		return {
			silenced: cover(silenced.map(({ covers }) => covers)),
			suppressed: cover([...silenced, ...inhibited].map(({ covers }) => covers)),
		}
	})
	const suppressed = suppressions.every((each) => each.suppressed)
	const result = !suppressed ? "sent" : suppressions.every((each) => each.silenced) ? "silenced" : "inhibited"
	for (const route of routes) {
		if (route.muted.length > 0)
			lines.push({ step: "muted", text: `${route.receiver}: not during ${route.muted.join(", ")}` })
		if (route.active.length > 0)
			lines.push({ step: "muted", text: `${route.receiver}: only during ${route.active.join(", ")}` })
		lines.push({ step: "sent", text: `${result === "sent" ? "to" : "would go to"} ${routeWords(route)}` })
	}
	return { labels: instance.labels, result, receivers: [...new Set(routes.map(({ receiver }) => receiver))], lines }
}

const routeWords = ({ receiver, groupBy, groupWait, groupInterval, repeatInterval }: Route): string =>
	`${receiver}, grouped by ${groupBy.length === 0 ? "nothing" : groupBy.includes("...") ? "all labels" : groupBy.join(", ")}, first after ${groupWait}, changes after ${groupInterval}, repeated after ${repeatInterval}`

function ruleLines(rule: RuleFact, { stepMs }: Facts): Line[] {
	const severity = rule.labels.severity === undefined ? "" : `${rule.labels.severity}, `
	const when =
		rule.trueDuring.length === 0
			? "never true"
			: `true ${rule.trueDuring.slice(-5).map(span).join(", ")} (±${formatDuration(stepMs)})`
	return [
		{
			step: "rule",
			text: `${severity}${rule.health === "ok" ? "evaluated" : `health ${rule.health}`}: ${rule.query}, for ${formatDuration(rule.holdMs)}`,
		},
		{ step: "condition", text: when },
		...rule.comparisons.map((each): Line => ({ step: "condition", text: comparisonWords(each) })),
		...rule.missing.map((name): Line => ({ step: "condition", text: `${name} had no value` })),
	]
}

function comparisonWords({ text, operator, threshold, lowest, highest, last }: Comparison): string {
	if (lowest === undefined || highest === undefined) return `${text}: the left side had no value`
	const range = lowest === highest ? number(lowest) : `${number(lowest)} to ${number(highest)}`
	const extreme = operator.startsWith("<")
		? `lowest ${number(lowest)}`
		: operator.startsWith(">")
			? `highest ${number(highest)}`
			: `values ${range}`
	return `${text}: ${extreme}, last ${last === undefined ? "none" : number(last)}; needed ${operator} ${number(threshold)}`
}

function pendingLine({ pending, labels }: Instance, rules: readonly RuleFact[]): Line {
	const hold = Math.max(0, ...rules.map(({ holdMs }) => holdMs))
	const last = pending.at(-1)
	return {
		step: "pending",
		text: `${last ? span(last) : ""} ${show(labels)}: ${last?.to === undefined ? "still waits for" : "ended before"} ${formatDuration(hold)} had passed`,
	}
}

/** The explanation for a person. */
export function renderWhy({ alert, verdict, lines, outcomes }: Explanation): string {
	const row = ({ step, text }: Line) => `  ${step.padEnd(10)} ${text}`
	const blocks = outcomes.map(({ lines: own }) => own.map(row).join("\n"))
	return [
		`${alert}: ${verdict}`,
		lines
			.filter(({ step }) => step !== "delivery" && step !== "incident")
			.map(row)
			.join("\n"),
		...blocks,
		lines
			.filter(({ step }) => step === "delivery" || step === "incident")
			.map(row)
			.join("\n"),
	]
		.filter((block) => block !== "")
		.join("\n")
}

const HIDDEN: ReadonlySet<string> = new Set(["channels"])

const show = (labels: Labels): string =>
	`{${Object.entries(labels)
		.filter(([name]) => name !== "alertname" && !HIDDEN.has(name))
		.map(([name, value]) => `${name}=${JSON.stringify(value)}`)
		.join(", ")}}`

const clock = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z")
const span = ({ from, to }: Period): string =>
	to === undefined ? `since ${clock(from)}` : `${clock(from)} to ${clock(to)}`
const number = (value: number): string => String(Number(value.toPrecision(6)))
