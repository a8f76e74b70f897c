import { describe, expect, it } from "vitest"
import { ADVISORIES, ADVISORIES_AS_OF, advisoriesFor, compare } from "./advisories.ts"
import { examineVersion } from "./versions.ts"

const idsFor = (...args: Parameters<typeof advisoriesFor>) => advisoriesFor(...args).map(({ id }) => id)

describe("the table of advisories", () => {
	it("knows the first affected and the first fixed version of each line of releases", () => {
		expect(idsFor("Prometheus", "2.42.0+ds")).toEqual(["CVE-2026-42154"])
		expect(idsFor("Prometheus", "3.5.1")).toEqual(["CVE-2026-40179", "CVE-2026-42154"])
		expect(idsFor("Prometheus", "3.5.3")).toEqual([])
		expect(idsFor("Prometheus", "3.11.2")).toEqual(["CVE-2026-42154"])
		expect(idsFor("Alertmanager", "0.25.0")).toEqual(["CVE-2023-40577"])
		expect(idsFor("Alertmanager", "0.25.1")).toEqual([])
		expect(idsFor("PostgreSQL", "17.11 (Debian 17.11-1.pgdg120+1)")).toEqual(["CVE-2026-6460"])
		expect(idsFor("PostgreSQL", "18.7")).toEqual([])
		expect(idsFor("PostgreSQL", "13.23")).toEqual(["end of life"])
		expect(idsFor("Grafana", "12.4.1")).toEqual(["CVE-2026-27876", "CVE-2026-76154"])
	})

	it("has a source and ranges in order for each entry, and a day", () => {
		for (const { id, source, affected } of ADVISORIES) {
			expect(source, id).toMatch(/^https:\/\//)
			for (const [from, fixed] of affected) expect(compare(from, fixed), id).toBeLessThan(0)
		}
		expect(Date.parse(ADVISORIES_AS_OF)).not.toBeNaN()
	})

	it("compares numbers, not texts", () => {
		expect(compare("3.11.0", "3.5.9")).toBeGreaterThan(0)
		expect(compare("v2.42.0+ds", "2.42")).toBe(0)
	})
})

describe("examineVersion", () => {
	it("says that Debian's releases get no fixes, each with a source", () => {
		const found = examineVersion("Prometheus", "2.42.0+ds")
		expect(found.map(({ severity }) => severity)).toEqual(["medium", "medium"])
		expect(found[1]?.what).toMatch(/no security fixes.*https:/)
	})

	it("claims no more than the table for a version without advisories", () => {
		expect(examineVersion("Alertmanager", "0.34.1")).toEqual([
			{ severity: "ok", what: expect.stringContaining(`the table of ${ADVISORIES_AS_OF}, which is not complete`) },
		])
	})
})
