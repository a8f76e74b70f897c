import { parse } from "yaml"
import type { AlertRule } from "../render/rules.ts"

/** What a change of the rules means for an alert. */
export interface MeaningChange {
	readonly alert: string
	readonly severity: string
	readonly change: "added" | "removed" | "changed" | "wording"
	/** The fields that differ. */
	readonly fields: readonly string[]
}

/** Compares two alert rule files by what they do: the expression, times and labels, apart from mere wording. */
export function compareMeaning(before: string | null, after: string | null): MeaningChange[] {
	const [old, now] = [rulesOf(before), rulesOf(after)]
	return [...new Set([...old.keys(), ...now.keys()])].flatMap((key): MeaningChange[] => {
		const [a, b] = [old.get(key), now.get(key)]
		const rule = b ?? a
		if (!rule) return []
		const about = { alert: rule.alert, severity: rule.labels.severity ?? "" }
		if (!a || !b) return [{ ...about, change: a ? "removed" : "added", fields: [] }]
		const fields = (["expr", "for", "keep_firing_for", "labels"] as const).filter(
			(field) => JSON.stringify(a[field]) !== JSON.stringify(b[field]),
		)
		if (fields.length > 0) return [{ ...about, change: "changed", fields }]
		return JSON.stringify(a.annotations) === JSON.stringify(b.annotations)
			? []
			: [{ ...about, change: "wording", fields: ["annotations"] }]
	})
}

function rulesOf(text: string | null): Map<string, AlertRule> {
	if (text === null) return new Map()
	const content = parse(text, { maxAliasCount: 0 }) as { groups?: { rules?: AlertRule[] }[] } | null
	const rules = (content?.groups ?? []).flatMap((group) => group.rules ?? [])
	return new Map(rules.map((rule) => [`${rule.labels?.severity}/${rule.alert}`, rule]))
}

const SIGNS = { added: "+", removed: "-", changed: "~", wording: "·" } as const

export const renderMeaning = (changes: readonly MeaningChange[]): string =>
	changes
		.map(
			({ alert, severity, change, fields }) =>
				`  ${SIGNS[change]} ${alert} (${severity}) ${change === "wording" ? "reads differently" : change}${change === "changed" ? `: ${fields.join(", ")}` : ""}`,
		)
		.join("\n")
