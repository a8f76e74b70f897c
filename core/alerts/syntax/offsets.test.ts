import { describe, expect, it } from "vitest"
import { parseDocument } from "yaml"
import { mapOffsets } from "./offsets.ts"

/** The text in the file at the reported place of a word of the value. */
function placeOf(yaml: string, word: string): string {
	const node = parseDocument(yaml).get("a", true) as { value: string; range: [number, number, number] }
	const [start, end] = node.range
	const at = node.value.indexOf(word)
	const span = mapOffsets(yaml, { start, end }, node.value)({ start: at, end: at + word.length })
	return yaml.slice(span.start, span.end)
}

describe("a place inside a YAML string", () => {
	it.each([
		["plain", "a: one two three\n"],
		["single-quoted with a quote in it", "a: 'it''s two three'\n"],
		["double-quoted with escapes", 'a: "one\\ttwo \\"x\\""\n'],
		["literal block", "a: |\n  one\n    two\n"],
		["folded block", "a: >\n  one\n  two\n  three\n"],
		["plain over several lines", "a: one\n   two\n   three\n"],
	])("is found in a %s one", (_, yaml) => {
		expect(placeOf(yaml, "two")).toBe("two")
	})
})
