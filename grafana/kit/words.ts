import { MappingType, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard"

/** The text and the colour of a number. */
export type Word = readonly [value: number, text: string, color: string]

/** Tile colours, dark enough for white text in both themes, unlike Grafana's own. */
export const TILE = {
	good: "#37872d",
	warning: "#b84a00",
	bad: "#c4162a",
	unknown: "#8f3bb8",
	none: "#5b6068",
} as const

export const wordsOf = (words: readonly Word[]): readonly ValueMapping[] => [
	{
		type: MappingType.ValueToText,
		options: Object.fromEntries(words.map(([value, text, color], index) => [value, { text, color, index }])),
	},
]
