import { parse } from "yaml"
import { z } from "zod"

export type Labels = Readonly<Record<string, string>>

/** A matcher of Alertmanager. */
export interface Matcher {
	readonly name: string
	readonly value: string
	readonly isRegex: boolean
	readonly isEqual: boolean
}

const words = z.record(z.string(), z.coerce.string()).default({})
const texts = z.array(z.string()).default([])

interface RawRoute {
	receiver?: string | undefined
	matchers: string[]
	match: Record<string, string>
	match_re: Record<string, string>
	continue: boolean
	group_by?: string[] | undefined
	group_wait?: string | undefined
	group_interval?: string | undefined
	repeat_interval?: string | undefined
	mute_time_intervals: string[]
	active_time_intervals: string[]
	routes: RawRoute[]
}

const route: z.ZodType<RawRoute> = z.lazy(() =>
	z.object({
		receiver: z.string().optional(),
		matchers: texts,
		match: words,
		match_re: words,
		continue: z.boolean().default(false),
		group_by: z.array(z.string()).optional(),
		group_wait: z.string().optional(),
		group_interval: z.string().optional(),
		repeat_interval: z.string().optional(),
		mute_time_intervals: texts,
		active_time_intervals: texts,
		routes: z.array(route).default([]),
	}),
) as z.ZodType<RawRoute>

const file = z.object({
	route,
	inhibit_rules: z
		.array(
			z.object({
				source_matchers: texts,
				source_match: words,
				source_match_re: words,
				target_matchers: texts,
				target_match: words,
				target_match_re: words,
				equal: texts,
			}),
		)
		.default([]),
})

/** A route, with what it takes from those around it. */
export interface Route {
	readonly receiver: string
	readonly matchers: readonly Matcher[]
	readonly continue: boolean
	readonly groupBy: readonly string[]
	readonly groupWait: string
	readonly groupInterval: string
	readonly repeatInterval: string
	readonly muted: readonly string[]
	readonly active: readonly string[]
	readonly routes: readonly Route[]
}

export interface InhibitRule {
	readonly source: readonly Matcher[]
	readonly target: readonly Matcher[]
	readonly equal: readonly string[]
}

/** What of Alertmanager's configuration decides whether a notification is sent. */
export interface Config {
	readonly route: Route
	readonly inhibitRules: readonly InhibitRule[]
}

/** Reads a configuration of Alertmanager. @throws ZodError or YAMLParseError for another text */
export function readConfig(text: string): Config {
	const { route: root, inhibit_rules } = file.parse(parse(text))
	return {
		route: routeOf(root, DEFAULTS),
		inhibitRules: inhibit_rules.map((rule) => ({
			source: matchersOf(rule.source_matchers, rule.source_match, rule.source_match_re),
			target: matchersOf(rule.target_matchers, rule.target_match, rule.target_match_re),
			equal: rule.equal,
		})),
	}
}

const DEFAULTS = { receiver: "", groupBy: [], groupWait: "30s", groupInterval: "5m", repeatInterval: "4h" } as const
type Inherited = Pick<Route, "receiver" | "groupBy" | "groupWait" | "groupInterval" | "repeatInterval">

function routeOf(raw: RawRoute, from: Inherited): Route {
	const inherited = {
		receiver: raw.receiver ?? from.receiver,
		groupBy: raw.group_by ?? from.groupBy,
		groupWait: raw.group_wait ?? from.groupWait,
		groupInterval: raw.group_interval ?? from.groupInterval,
		repeatInterval: raw.repeat_interval ?? from.repeatInterval,
	}
	return {
		...inherited,
		matchers: matchersOf(raw.matchers, raw.match, raw.match_re),
		continue: raw.continue,
		muted: raw.mute_time_intervals,
		active: raw.active_time_intervals,
		routes: raw.routes.map((each) => routeOf(each, inherited)),
	}
}

const matchersOf = (
	matchers: readonly string[],
	match: Readonly<Record<string, string>>,
	matchRe: Readonly<Record<string, string>>,
): Matcher[] => [
	...matchers.flatMap(parseMatchers),
	...Object.entries(match).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true })),
	...Object.entries(matchRe).map(([name, value]) => ({ name, value, isRegex: true, isEqual: true })),
]

const FORM = /\s*,?\s*("?)([^"=!~,\s]+)\1\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^,"]*))/y

/** Matchers as Alertmanager's configuration writes them, one or several in a text, with or without braces. */
export function parseMatchers(text: string): Matcher[] {
	const inner = text.trim().replace(/^\{(.*)\}$/s, "$1")
	const found: Matcher[] = []
	FORM.lastIndex = 0
	for (let match = FORM.exec(inner); match !== null; match = FORM.exec(inner)) {
		const [, , name = "", operator = "=", quoted, bare = ""] = match
		const value = quoted === undefined ? bare.trim() : quoted.replace(/\\(["\\])/g, "$1").replaceAll("\\n", "\n")
		found.push({ name, value, isRegex: operator.endsWith("~"), isEqual: !operator.startsWith("!") })
	}
	return found
}
