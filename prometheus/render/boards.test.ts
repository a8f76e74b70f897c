import { readFileSync } from "node:fs"
import path from "node:path"
import { expect, it } from "vitest"
import { parse } from "yaml"
import * as uids from "../../core/catalogue/boards.ts"
import { BOARDS, boardOf, OTHER_BOARD } from "./boards.ts"

it("a notification's dashboard is one that Grafana is given", () => {
	const known: readonly string[] = Object.values(uids)
	expect([...Object.values(BOARDS), OTHER_BOARD].filter((uid) => !known.includes(uid))).toEqual([])
})

it("every component with a board of its own is that of a shipped alert or of the health checker", () => {
	const rules = parse(readFileSync(path.resolve(import.meta.dirname, "../rules/alerts.yml"), "utf8")) as {
		groups: { rules: { labels: Record<string, string>; annotations: Record<string, string> }[] }[]
	}
	const all = rules.groups.flatMap((group) => group.rules)
	const components = new Set([...all.map(({ labels }) => labels.component), "health"])
	expect(Object.keys(BOARDS).filter((component) => !components.has(component))).toEqual([])
	for (const { labels, annotations } of all)
		expect(annotations.dashboard_url).toBe(`http://localhost:3000/d/${boardOf(labels.component)}`)
})
