import { describe, expect, it } from "vitest"
import { compileAlerts } from "../compile.ts"
import { createSource } from "../source.ts"

/** The alerts of a file without their places; what is wrong with it otherwise. */
function compiled(text: string) {
	const { file, diagnostics } = compileAlerts(createSource("alerts.yaml", text))
	return file ? file.alerts.map((alert) => ({ ...alert, position: undefined })) : diagnostics
}

const WRITTEN_OUT = `alerts:
  critical:
    - { name: a, condition: metrics.reviews.pending > 20, duration: 1m, channels: [x, y], owner: ops }
  warning:
    - { name: b, condition: metrics.reviews.pending > 10, duration: 1m, channels: [x, y], owner: ops }
    - { name: c, condition: metrics.reviews.pending > 5, duration: 5m, channels: [x, y], owner: web }
`

describe("anchors, aliases and merge keys", () => {
	it("mean what they refer to", () => {
		const text = `x-usual: &usual { duration: 1m, channels: &both [x, y], owner: ops }
alerts:
  critical:
    - { <<: *usual, name: a, condition: metrics.reviews.pending > 20 }
  warning:
    - <<: *usual
      name: b
      condition: metrics.reviews.pending > 10
    - <<: [{ owner: web, channels: *both }, *usual]
      name: c
      condition: metrics.reviews.pending > 5
      duration: 5m
`
		expect(compiled(text)).toEqual(compiled(WRITTEN_OUT))
	})

	it("read an alias as the anchor that was the newest before it", () => {
		const text = `x-a: &channels [x]
x-b: &list [*channels]
x-c: &channels [y]
alerts:
  warning:
    - { name: a, condition: metrics.reviews.pending > 20, channels: *channels }
`
		expect(compiled(text)).toMatchObject([{ channels: ["y"] }])
	})

	it("merge nothing for a quoted key", () => {
		const text = `alerts:\n  warning:\n    - { "<<": { owner: a }, name: a, condition: metrics.reviews.pending > 20, channels: [x] }\n`
		expect(compiled(text)).toMatchObject([{ id: "unknown-field" }])
	})

	it("point at the place of a mistake inside an aliased condition", () => {
		const text = `x-c: &c metrics.reviews.pendin > 20
alerts:
  warning:
    - { name: a, condition: *c, channels: [x] }
    - { name: b, condition: *c, channels: [x] }
`
		expect(compiled(text)).toMatchObject([{ id: "unknown-path", position: { line: 1, column: 9, length: 22 } }])
	})

	it.each([
		["in width", (i: number) => `[${`*l${i - 1}, `.repeat(10)}]`],
		["by merging", (i: number) => `{ <<: [*l${i - 1}, *l${i - 1}], k${i}: *l${i - 1}, m${i}: *l${i - 1} }`],
	])("are refused within a second when they multiply %s", (_, level) => {
		const levels = Array.from({ length: 18 }, (_, i) => `x-${i + 1}: &l${i + 1} ${level(i + 1)}\n`).join("")
		const start = performance.now()
		expect(compiled(`x-0: &l0 { a: 1 }\n${levels}${WRITTEN_OUT}`)).toContainEqual(
			expect.objectContaining({ id: "yaml-alias", message: "aliases expand to more than 100000 values" }),
		)
		expect(performance.now() - start).toBeLessThan(5_000)
	})

	it("may be as many as a file of 10,000 alerts has", () => {
		const alerts = Array.from(
			{ length: 10_000 },
			(_, i) => `    - { <<: *usual, name: a${i}, condition: metrics.reviews.pending > ${i} }\n`,
		).join("")
		const text = `x-usual: &usual { duration: 1m, channels: [x, y], owner: ops }\nalerts:\n  warning:\n${alerts}`
		expect(compiled(text)).toHaveLength(10_000)
	})
})
