import { describe, expect, it } from "vitest"
import { changesBetween, renderChange } from "./changes.ts"

const dashboard = (...panels: { title: string; type?: string }[]) => JSON.stringify({ panels })
const files = (entries: Record<string, string>) => new Map(Object.entries(entries))

describe("changesBetween", () => {
	it("is nothing for the same files", () => {
		expect(changesBetween(files({ "a.json": "{}" }), files({ "a.json": "{}" }))).toEqual([])
	})

	it("names added, removed and changed files", () => {
		const changes = changesBetween(files({ "b.json": "{}", "c.md": "old" }), files({ "a.json": "{}", "c.md": "new" }))
		expect(changes.map(renderChange)).toEqual(["+ a.json", "- b.json", "~ c.md"])
	})

	it("names added, removed and changed panels", () => {
		const before = dashboard({ title: "Same" }, { title: "Gone" }, { title: "Other", type: "stat" })
		const after = dashboard({ title: "Same" }, { title: "Other", type: "gauge" }, { title: "New" })
		expect(changesBetween(files({ "a.json": before }), files({ "a.json": after })).map(renderChange)).toEqual([
			"~ a.json: Gone; Other; New",
		])
	})

	it("does not name panels that have only moved", () => {
		const at = (y: number) => JSON.stringify({ panels: [{ title: "Same", gridPos: { y } }] })
		expect(changesBetween(files({ "a.json": at(0) }), files({ "a.json": at(8) })).map(renderChange)).toEqual([
			"~ a.json",
		])
	})

	it("lists every panel of a file that is no JSON on disk", () => {
		expect(changesBetween(files({ "a.json": "{" }), files({ "a.json": dashboard({ title: "New" }) }))).toEqual([
			{ path: "a.json", kind: "changed", panels: ["New"] },
		])
	})
})
