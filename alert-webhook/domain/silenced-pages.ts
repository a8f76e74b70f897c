import type { Matcher } from "../../core/db/schema/index.ts"
import { HEARTBEAT_LABEL, kindOf, PAGE_LABEL } from "./alert-kind.ts"
import { isSimplePattern, matches } from "./matchers.ts"

type Labels = Readonly<Record<string, string>>

/** A silence that is in effect in Alertmanager, and as much of it as people need. */
export interface ActiveSilence {
	readonly id: string
	readonly createdBy: string
	readonly comment: string
	readonly endsAt: string
	readonly matchers: readonly Matcher[]
}

/** An alert that Alertmanager has, with the silences that apply to it. */
export interface SilencedAlert {
	readonly labels: Labels
	readonly silencedBy: readonly string[]
}

/**
 * The silences that keep the observatory's own pages or the heartbeat from people. Alertmanager says which alerts they
 * silence now; `examples` are labels of pages that may come. Our own silences exclude both, so none of them is found.
 */
export function silencesOfPages(
	silences: readonly ActiveSilence[],
	alerts: readonly SilencedAlert[],
	examples: readonly Labels[],
): ActiveSilence[] {
	const applied = new Set(
		alerts.filter(({ labels }) => kindOf(labels) !== "incident").flatMap(({ silencedBy }) => silencedBy),
	)
	const fits = (silence: ActiveSilence) => {
		const matchers = silence.matchers.map(withoutPlus)
		return matchers.every(isDecidable) && examples.some((labels) => matches(matchers, labels))
	}
	return silences.filter((silence) => applied.has(silence.id) || fits(silence))
}

/** The labels of pages of these kinds, and of a heartbeat. */
export const examplesOf = (kinds: readonly string[], channels: string): Labels[] => [
	...kinds.map((kind) => ({ alertname: kind, severity: "critical", channels, [PAGE_LABEL]: kind })),
	{ alertname: "watchdog", severity: "info", [HEARTBEAT_LABEL]: "true" },
]

/** Alertmanager's patterns may be of any kind; ours are those that are cheap to match. */
const isDecidable = ({ op, value }: Matcher) => !op.endsWith("~") || isSimplePattern(value)

/** `.+` is how people write "any value"; the labels of examples all have one. */
const withoutPlus = (matcher: Matcher): Matcher =>
	matcher.op === "=~" ? { ...matcher, value: matcher.value.replaceAll(".+", ".*") } : matcher

/** A page is routed by this label, so that it never goes without it. */
const ROUTED_BY = "channels"

/**
 * Labels that a page must not have, so that none of the silences applies to it. Alertmanager accepts no silence that
 * would match an alert without labels: each has a matcher that needs a value, and a page without that label escapes it.
 */
export function escapeFrom(silences: readonly ActiveSilence[]): string[] {
	const left = silences.flatMap(({ matchers }) => {
		const needed = matchers.filter(needsValue).map(({ name }) => name)
		const free = needed.filter((name) => name !== ROUTED_BY)
		// Without the label of pages, the intake makes an incident of it: better than a page that no one sees.
		return free.find((name) => name !== PAGE_LABEL) ?? free[0] ?? []
	})
	return [...new Set(left)]
}

/** True for a matcher that an alert without the label does not meet; a pattern that is not ours is taken to be one. */
const needsValue = (matcher: Matcher): boolean =>
	isDecidable(matcher) ? !matches([matcher], {}) : !matcher.op.startsWith("!")
