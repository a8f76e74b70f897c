import { readFileSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { parse } from "yaml"
import type { AlertRule } from "../../prometheus/render/rules.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

const RULES = path.resolve(import.meta.dirname, "../../prometheus/rules/alerts.yml")

let webhook: TestWebhook
beforeAll(async () => {
	webhook = await startTestWebhook(await migratedDatabase(inject("postgresUrl")))
})
afterAll(() => webhook?.stop())

describe("the runbook link of a notification", () => {
	it("leads to the page of that alert, for every alert that is shipped", async () => {
		const { groups } = parse(readFileSync(RULES, "utf8")) as { groups: { rules: AlertRule[] }[] }
		const rules = groups.flatMap((group) => group.rules)
		expect(rules.length).toBeGreaterThan(30)
		for (const { alert, annotations } of rules) {
			const { pathname } = new URL(annotations.runbook_url ?? "")
			const response = await webhook.api(pathname)
			expect([pathname, response.status]).toEqual([`/runbooks/${alert}.md`, 200])
			const page = await response.text()
			expect(page).toContain(`<h1>${alert}</h1>`)
			expect(page).toContain("<h2>Remediation</h2>")
		}
	})

	it("works without the file's ending, and asks who has not signed in to do so first", async () => {
		expect((await webhook.api("/runbooks/database_down")).status).toBe(200)
		const unknown = await fetch(`${webhook.url}/runbooks/database_down.md`, { redirect: "manual" })
		expect([unknown.status, unknown.headers.get("location")]).toEqual([
			303,
			"/sign-in?next=%2Frunbooks%2Fdatabase_down.md",
		])
	})

	it("of an alert without a runbook says which file to write", async () => {
		const response = await webhook.api("/runbooks/no_such_alert.md")
		expect(response.status).toBe(404)
		expect(await response.text()).toContain("docs/runbooks/no_such_alert.md")
	})

	it.each(["..%2F..%2Fpackage", "..%2Fmetrics.md", "x.md.md", "%00", "A"])(
		"leads to no other file: %s",
		async (name) => {
			expect((await webhook.api(`/runbooks/${name}`)).status).toBe(400)
		},
	)
})
