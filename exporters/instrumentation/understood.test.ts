import type { AttributeValue } from "@opentelemetry/api"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createReported } from "../sources/otlp/interpret/gen-ai.ts"
import { interpretSpan } from "../sources/otlp/interpret/spans.ts"
import { isUnderstood, SPAN_ATTRIBUTES } from "./understood.ts"

const name = fc
	.array(
		fc.constantFrom(
			"mcp",
			"claude",
			"claude_code",
			"connection",
			"resource",
			"tools/call",
			"github",
			".",
			"",
			" ",
			"GET",
		),
		{ maxLength: 5 },
	)
	.map((parts) => parts.join(""))
const lists: AttributeValue[] = [[], ["mcp"], [1]]
const value = fc.oneof(
	fc.constantFrom("", "mcp", "tools/call", "github", "0", true, false),
	fc.double(),
	fc.constantFrom(...lists),
)
const span = fc.record({
	name,
	kind: fc.constantFrom(0, 1, 2, 3, 4),
	attributes: fc.dictionary(fc.constantFrom(...SPAN_ATTRIBUTES, "mcp.request"), value),
	failed: fc.boolean(),
	seconds: fc.constantFrom(0, 0.25),
})

interface Sent {
	readonly name: string
	readonly kind: number
	readonly attributes: Readonly<Record<string, AttributeValue>>
	readonly failed: boolean
	readonly seconds: number
}

/** What the receiver makes of a span when only these attributes are sent; there, kinds count from 1. */
function interpreted({ kind, attributes, ...span }: Sent) {
	const get = (key: string) => {
		const value = SPAN_ATTRIBUTES.has(key) ? attributes[key] : undefined
		return typeof value === "object" ? undefined : value
	}
	const view = { ...span, service: "", instance: "", kind: kind + 1, attributes: { get } }
	return interpretSpan(view, createReported())
}

describe("isUnderstood", () => {
	it("is true of exactly the spans that the receiver makes something of, by the attributes that are sent", () => {
		let understood = 0
		fc.assert(
			fc.property(span, (sent) => {
				const wanted = isUnderstood(sent)
				expect(wanted).toBe(interpreted(sent).length > 0)
				if (wanted) understood++
			}),
			{ numRuns: 5_000 },
		)
		expect(understood).toBeGreaterThan(500)
		expect(understood).toBeLessThan(4_500)
	})
})
