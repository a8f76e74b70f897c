import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { renderContractDocument } from "../../core/db/contract/document.ts"
import { markOf, stateOf } from "../../core/db/contract/mark.ts"
import { BRANCHES } from "../../core/db/contract/providers.ts"
import { contractScript } from "../../core/db/contract/render.ts"
import { missingFor, usableBranches } from "../../core/db/contract/tables.ts"
import { columnsOf, FORMER_VIEWS, VIEW_NAMES } from "../../core/db/contract/views.ts"

describe("the contract", () => {
	it("is documented as it is", async () => {
		await expect(renderContractDocument()).toMatchFileSnapshot("../../docs/contract.md")
	})

	it("gives every view the columns that it declares, in the same order, whatever tables there are", () => {
		for (const branches of [[], BRANCHES, BRANCHES.filter(({ provider }) => provider === "own")]) {
			const { sql } = contractScript(branches)
			for (const name of VIEW_NAMES) {
				const view = sql.slice(sql.indexOf(`create or replace view contract.${name} as`)).split(";")[0] ?? ""
				for (const select of view.split("union all"))
					expect([...select.matchAll(/ as "(\w+)"/g)].map(([, column]) => column)).toEqual(Object.keys(columnsOf(name)))
			}
		}
	})

	it("names no column that its view does not have, and reads no table that it does not declare", () => {
		for (const { view, provider, columns, needs, from } of BRANCHES) {
			expect(
				Object.keys(columns).filter((column) => !(column in columnsOf(view))),
				`${view} ${provider}`,
			).toEqual([])
			const read = [...from.matchAll(/\b(?:public|observatory)\."?(\w+)"?/g)].map(([text]) => text.replaceAll('"', ""))
			expect(new Set(read), `${view} ${provider}`).toEqual(new Set(Object.keys(needs)))
		}
	})

	it("knows every view of a former release, so that an upgrade drops what is no longer one", () => {
		const folder = path.resolve(import.meta.dirname, "../fixtures/contract")
		for (const file of readdirSync(folder)) {
			const made = [
				...readFileSync(path.join(folder, file), "utf8").matchAll(/create or replace view contract\.(\w+)/g),
			]
			expect(made.length, file).toBeGreaterThan(0)
			const known: readonly string[] = [...VIEW_NAMES, ...FORMER_VIEWS]
			expect(
				made.map(([, name]) => name).filter((name = "") => !known.includes(name)),
				file,
			).toEqual([])
		}
	})

	it("leaves a schema alone that is not ours or that a later release made", () => {
		const mark = markOf("a", "1.2.3")
		const states = ["1.2.3", "1.2.2", "0.9.9", "1.2.10", "1.10.0"].map((release) => stateOf(markOf("b", release), mark))
		expect(states).toEqual(["stale", "stale", "stale", "newer", "newer"])
		expect(
			[undefined, "", "mine", "mcp-observatory contract 12", mark].map((present) => stateOf(present, mark)),
		).toEqual(["absent", "foreign", "foreign", "stale", "current"])
	})

	it("has one name for each provider within a view", () => {
		const names = BRANCHES.map(({ view, provider }) => `${view} ${provider}`)
		expect(new Set(names).size).toBe(names.length)
	})

	it("leaves out a branch whose table or column is missing, and says which", () => {
		const [insights] = BRANCHES.filter(({ view, provider }) => view === "insights" && provider === "evals")
		const needs = insights?.needs ?? {}
		expect(missingFor(needs, new Map())).toEqual(["public.ai_insights"])
		const half = new Map([["public.ai_insights", new Set(["id", "run_id", "category"])]])
		expect(missingFor(needs, half)).toEqual(["public.ai_insights.confidence", "public.ai_insights.detected_at"])
		expect(usableBranches(half)).toEqual([])
	})

	it("marks a script by what it makes", () => {
		const all = contractScript(BRANCHES)
		expect(contractScript(BRANCHES).mark).toBe(all.mark)
		expect(contractScript(BRANCHES.slice(1)).mark).not.toBe(all.mark)
		expect(all.sql).toContain(`comment on schema contract is '${all.mark}'`)
	})
})
