import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { inspectPromql } from "../core/alerts/promql.ts"

const RUNBOOKS = path.resolve(import.meta.dirname, "../docs/runbooks")
const shipped = readFileSync(path.resolve(import.meta.dirname, "alerts.yaml"), "utf8")
const names = readdirSync(RUNBOOKS).map((file) => file.replace(/\.md$/, ""))

describe("a runbook", () => {
	it.each(names)("%s belongs to an alert, has every part, and its queries name series that exist", (name) => {
		expect(shipped).toMatch(new RegExp(`- name: ${name}$`, "m"))
		const text = readFileSync(path.join(RUNBOOKS, `${name}.md`), "utf8")
		const parts = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title)
		expect(parts).toEqual([name, "Meaning", "Impact", "Diagnosis", "Remediation", "What the automation has done"])
		const queries = [...text.matchAll(/```promql\n([\s\S]*?)\n```/g)].map(([, query]) => query ?? "")
		expect(queries.length).toBeGreaterThan(0)
		for (const query of queries) expect(inspectPromql(query).problems).toEqual([])
	})
})
