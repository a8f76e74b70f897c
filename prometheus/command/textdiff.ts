import { structuredPatch } from "diff"

/** To find the shortest difference of more lines than these takes seconds, and people do not read it. */
const MAX_CHANGED_LINES = 1_000

/** Lines that differ between two texts, `-` before and `+` after, each with two equal lines around it. */
export function textDiff(before: string, after: string): string {
	const options = { context: 2, maxEditLength: MAX_CHANGED_LINES }
	const patch = structuredPatch("", "", before, after, undefined, undefined, options)
	const hunks = patch?.hunks.map(({ lines }) => lines) ?? [[...signed("-", before), ...signed("+", after)]]
	return hunks.map((lines) => lines.join("\n")).join("\n@@\n")
}

const signed = (sign: string, text: string) => text.split("\n").map((line) => sign + line)
