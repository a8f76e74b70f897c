import { readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { FUNCTIONS } from "../core/alerts/functions.ts"
import { alertSchema, REMEDIATIONS } from "../core/alerts/schema.ts"

const read = (name: string) => readFileSync(path.resolve(import.meta.dirname, "../docs", name), "utf8")
const missingIn = (text: string, names: readonly string[]) =>
	names.filter((name) => !new RegExp(`\`${name}\\b`).test(text))

describe("the pages written by hand", () => {
	it("lead to the list of remediations, which names each of them", () => {
		for (const page of ["alerts.md", "response.md"]) expect(read(page)).toContain("(remediations.md)")
		expect(missingIn(read("remediations.md"), REMEDIATIONS)).toEqual([])
	})

	it("name every field of an alert and every function of the language", () => {
		expect(missingIn(read("alerts.md"), [...Object.keys(alertSchema.shape), ...FUNCTIONS])).toEqual([])
	})
})
