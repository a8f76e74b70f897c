import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { compileAlerts } from "./compile.ts"
import { renderText, tally } from "./report/text.ts"
import { createSource } from "./source.ts"

const FIXTURES = path.resolve(import.meta.dirname, "../../test/golden/mistakes")
const names = readdirSync(FIXTURES).flatMap((file) => (file.endsWith(".yaml") ? [file.slice(0, -5)] : []))
const outside = {
	channels: new Map([["slack-ops", { configured: true }]]),
	runbooks: new Set(["example", "example_two"]),
}

/** Each fixture is a file with the mistake that it is named after; what a person then reads stands beside it. */
describe("the message about a mistake", () => {
	it.each(names)("%s reads as it was agreed", async (name) => {
		const source = createSource(`${name}.yaml`, readFileSync(path.join(FIXTURES, `${name}.yaml`), "utf8"))
		const { diagnostics } = compileAlerts(source, outside)
		expect(diagnostics).not.toEqual([])
		await expect(`${renderText(source, diagnostics)}\n\n${tally(diagnostics)}\n`).toMatchFileSnapshot(
			path.join(FIXTURES, `${name}.txt`),
		)
	})

	it("covers at least forty of them", () => {
		expect(names.length).toBeGreaterThanOrEqual(40)
	})
})
