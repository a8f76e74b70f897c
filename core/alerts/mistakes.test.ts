import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { compileAlerts } from "./compile.ts"
import { DIAGNOSTICS, explanations } from "./diagnostic-ids.ts"
import { renderText, tally } from "./report/text.ts"
import { createSource } from "./source.ts"

const FIXTURES = path.resolve(import.meta.dirname, "../../test/golden/mistakes")
const names = readdirSync(FIXTURES).flatMap((file) => (file.endsWith(".yaml") ? [file.slice(0, -5)] : []))
const outside = {
	channels: new Map([
		["slack-ops", { configured: true }],
		["slack-new", { configured: false }],
	]),
	runbooks: new Set(["example", "example_two"]),
}

/** Each fixture is a file with the mistake that it is named after; the message that a person then reads is beside it. */
describe("the message about a mistake", () => {
	it.each(names)("%s reads as it was agreed", async (name) => {
		const source = createSource(`${name}.yaml`, readFileSync(path.join(FIXTURES, `${name}.yaml`), "utf8"))
		const { diagnostics } = compileAlerts(source, outside)
		expect(diagnostics).not.toEqual([])
		await expect(`${renderText(source, diagnostics)}\n\n${tally(diagnostics)}\n`).toMatchFileSnapshot(
			path.join(FIXTURES, `${name}.txt`),
		)
	})

	it("is shown for every id, unless the registry says why not", () => {
		const shown = names.flatMap((name) => {
			const text = readFileSync(path.join(FIXTURES, `${name}.yaml`), "utf8")
			return compileAlerts(createSource(name, text), outside).diagnostics.map(({ id }) => id)
		})
		const silent = explanations().filter(([id, { withoutFixture }]) => !withoutFixture && !shown.includes(id))
		expect(silent.map(([id]) => id)).toEqual([])
	})

	it("has a severity that the registry names", () => {
		for (const name of names) {
			const text = readFileSync(path.join(FIXTURES, `${name}.yaml`), "utf8")
			for (const { id, severity } of compileAlerts(createSource(name, text), outside).diagnostics)
				expect(DIAGNOSTICS[id].severity, id).toContain(severity)
		}
	})

	it("covers at least forty of them", () => {
		expect(names.length).toBeGreaterThanOrEqual(40)
	})
})
