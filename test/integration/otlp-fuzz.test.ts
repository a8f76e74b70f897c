import { expect, it } from "vitest"
import { fuzz, oddLines } from "../fuzz/run.ts"

it("answers 4,000 mutated requests of all signals without an exit, a 5xx, a NaN or an Inf, alike in both encodings", async () => {
	const { sent, statuses, rejected, faults } = await fuzz({ count: 4_000, seed: 7 })
	expect(faults).toEqual([])
	expect(sent).toBeGreaterThanOrEqual(4_000)
	expect(statuses.get(200)).toBeGreaterThan(sent / 2)
	expect(statuses.get(400)).toBeGreaterThan(0)
	expect(rejected).toBeGreaterThan(0)
})

it("would see a value that no page may have", () => {
	expect(oddLines('# x\na{le="+Inf"} 1\na 2e3\nb NaN\nc{x="y"} +Inf\nd -Inf\n')).toEqual([
		"b NaN",
		'c{x="y"} +Inf',
		"d -Inf",
	])
})
