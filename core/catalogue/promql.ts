import type { PromQL, RecordingSpec, SeriesSpec, Vector } from "./types.ts"

type Part = SeriesSpec | RecordingSpec | Vector | PromQL | string | number

/**
 * PromQL as a template: catalogued series, recordings, vectors and other PromQL are put in by value, so that the
 * result knows what it was made from and a renamed series cannot be missed.
 */
export function promql(strings: TemplateStringsArray, ...parts: Part[]): PromQL {
	const refs = new Set<SeriesSpec | RecordingSpec>()
	const text = strings.reduce((sofar, string, i) => {
		const part = parts[i - 1]
		return sofar + (part === undefined ? "" : render(part, refs)) + string
	})
	return { text: text.replace(/\s+/g, " ").trim(), refs }
}

function render(part: Part, refs: Set<SeriesSpec | RecordingSpec>): string {
	if (typeof part === "string" || typeof part === "number") return String(part)
	if ("kind" in part) {
		refs.add(part)
		return part.name
	}
	if ("of" in part) {
		refs.add(part.of)
		return selector(part)
	}
	for (const ref of part.refs) refs.add(ref)
	return part.text
}

/** `name{label="value",…}`, or the bare name. */
export function selector({ of, matchers }: Vector, suffix = ""): string {
	const inside = Object.entries(matchers ?? {}).map(([label, value]) => `${label}=${quote(value)}`)
	return `${of.name}${suffix}${inside.length > 0 ? `{${inside.join(",")}}` : ""}`
}

/** A PromQL string literal. */
export const quote = (text: string): string => JSON.stringify(text)

/** One of a histogram's three series, as PromQL. */
export const part = (of: SeriesSpec, suffix: "bucket" | "sum" | "count", matchers?: Vector["matchers"]): PromQL => ({
	text: selector(matchers ? { of, matchers } : { of }, `_${suffix}`),
	refs: new Set([of]),
})
