import { readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { FUNCTIONS } from "../core/alerts/names.ts"
import { alertSchema, REMEDIATIONS } from "../core/alerts/schema.ts"

const read = (name: string) => readFileSync(path.resolve(import.meta.dirname, "../docs", name), "utf8")
const missingIn = (text: string, names: readonly string[]) =>
	names.filter((name) => !new RegExp(`\`${name}\\b`).test(text))

describe("the pages written by hand", () => {
	it("name every remediation", () => {
		expect(missingIn(read("alerts.md"), REMEDIATIONS)).toEqual([])
		expect(missingIn(read("response.md"), REMEDIATIONS)).toEqual([])
	})

	it("name every field of an alert and every function of the language", () => {
		expect(missingIn(read("alerts.md"), [...Object.keys(alertSchema.shape), ...FUNCTIONS])).toEqual([])
	})
})
