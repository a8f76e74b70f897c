import { isDeepStrictEqual } from "node:util"
import type { Json } from "./shared-board.ts"

/**
 * What Grafana 12.4 adds to a panel when it saves it unchanged: a visualisation's default values, by its type, and those
 * of every panel and of queries. The paths are those of a difference.
 */
const ADDED: Readonly<Record<string, Readonly<Record<string, readonly Json[]>>>> = {
	"": {
		mappings: [[]],
		"color.mode": ["thresholds", "palette-classic"],
		"thresholds.mode": ["absolute"],
		"thresholds.steps": [
			[
				{ color: "green", value: null },
				{ color: "red", value: 80 },
			],
			[
				{ color: "green", value: 0 },
				{ color: "red", value: 80 },
			],
		],
		"options.dataLinks": [[]],
	},
	query: {
		hide: [false],
		exemplar: [false],
		useBackend: [false],
		disableTextWrap: [false],
		fullMetaSearch: [false],
		includeNullMetadata: [true],
		range: [true, false],
		instant: [false],
		interval: [""],
		intervalFactor: [1],
		editorMode: ["code"],
		rawQuery: [true],
		format: ["time_series"],
	},
}

/** Whether a value that we do not write is one that Grafana adds itself. `path` is as in a difference. */
export function setByGrafana(type: string, path: string, value: Json): boolean {
	const name = type === "query" ? path.replace(/^query \w+ /, "") : path
	const known = [...(ADDED[type]?.[name] ?? []), ...(type === "query" ? [] : (ADDED[""]?.[name] ?? []))]
	return known.some((each) => isDeepStrictEqual(each, value))
}
