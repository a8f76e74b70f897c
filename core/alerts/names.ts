import { PATHS } from "../catalogue/index.ts"
import { EVENT_TYPES } from "../catalogue/subjects/events.ts"
import type { EnumLabel, PathSpec } from "../catalogue/types.ts"
import { nearest } from "../lib/nearest.ts"
import { pathText, type Segment } from "./condition/ast.ts"

export const PATH_NAMES: ReadonlySet<string> = new Set(PATHS.map(({ path }) => path))
/** The path of events, which has no instant value. */
export const EVENT_PATH = "event.type"
export const EVENTS: readonly string[] = EVENT_TYPES

/** A path found in the catalogue, and what is in the place of its `*`. */
export interface Found {
	readonly spec: PathSpec
	readonly wildcardValue: Segment | undefined
}

const bySegments = new Map<number, { readonly spec: PathSpec; readonly parts: readonly string[] }[]>()
for (const spec of PATHS) {
	const parts = spec.path.split(".")
	bySegments.set(parts.length, [...(bySegments.get(parts.length) ?? []), { spec, parts }])
}

/** The catalogued path that was written, a name in a wildcard's place being allowed. */
export function findPath(segments: readonly Segment[]): Found | undefined {
	for (const { spec, parts } of bySegments.get(segments.length) ?? []) {
		const fits = parts.every((part, i) => part === "*" || (segments[i]?.text === part && !segments[i]?.star))
		if (!fits) continue
		const wild = parts.indexOf("*")
		return { spec, wildcardValue: wild < 0 ? undefined : segments[wild] }
	}
	return undefined
}

/** The values that a path's wildcard may take when the catalogue knows all of them. */
export function knownWildcardValues(spec: PathSpec): readonly string[] | undefined {
	const { of } = spec.value
	if (of.kind !== "series" || spec.wildcard === undefined) return undefined
	const label = of.labels[spec.wildcard]
	return label?.kind === "enum" ? (label as EnumLabel).values : undefined
}

/** The known path that a mistyped one most likely means, spelt with the writer's own name in the wildcard's place. */
export function nearestPath(segments: readonly Segment[]): string | undefined {
	const written = pathText(segments)
	const candidates = [...PATH_NAMES, EVENT_PATH].map((path) => {
		const parts = path.split(".")
		return parts.length === segments.length
			? parts.map((part, i) => (part === "*" ? (segments[i]?.text ?? part) : part)).join(".")
			: path
	})
	return nearest(written.slice(0, 200), candidates)
}
