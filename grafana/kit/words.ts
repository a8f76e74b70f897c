import { MappingType, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard"

/** What a number stands for, in words and in a colour. */
export type Word = readonly [value: number, text: string, color: string]

export const wordsOf = (words: readonly Word[]): readonly ValueMapping[] => [
	{
		type: MappingType.ValueToText,
		options: Object.fromEntries(words.map(([value, text, color], index) => [value, { text, color, index }])),
	},
]
