import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { alert, notification } from "../support/alert.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

let webhook: TestWebhook
beforeAll(async () => {
	webhook = await startTestWebhook(await migratedDatabase(inject("postgresUrl")))
})
afterAll(() => webhook?.stop())

const headline = (text: string) => /<h1>([^<]*)<\/h1>/.exec(text)?.[1]
const names = (text: string) => [...text.matchAll(/<h3><a href="\/incidents\/\d+">([^<]+)</g)].map(([, name]) => name)
const many = (n: number, severity: string) =>
	notification(
		Array.from({ length: n }, (_, i) =>
			alert({ name: `${severity}_${i}`, fingerprint: `${severity}-${i}`, severity, labels: { component: "storm" } }),
		),
	)

describe("the overview in a storm", () => {
	it("puts incidents that need a response before everything else, however old, and counts all of it", async () => {
		await webhook.notify({ name: "the_cause", fingerprint: "cause" })
		await webhook.deliver(many(250, "info"))
		const overview = await webhook.page("/")
		expect(headline(overview)).toBe("One incident needs a response")
		expect(names(overview)[0]).toBe("the_cause")

		await webhook.deliver(many(250, "warning"))
		const warned = await webhook.page("/")
		expect(headline(warned)).toBe("251 incidents need a response")
		expect(names(warned)[0]).toBe("the_cause")
		expect(warned).toContain("The first 200 of 501 are shown.")

		expect((await webhook.acknowledge(await webhook.idOf("the_cause"))).status).toBe(200)
		const taken = await webhook.page("/")
		expect(headline(taken)).toBe("250 incidents need a response")
		expect(names(taken)).not.toContain("the_cause")
	})
})

describe("the inbox in a storm", () => {
	it("leads to every notification, a page at a time", async () => {
		for (let i = 0; i < 205; i++)
			await webhook.deliver(notification([alert({ name: `page_${i}`, fingerprint: `page-${i}` })]), {
				path: "/api/inbox/pagerduty",
			})
		const seen = new Set<string>()
		let next: string | undefined = "/inbox"
		while (next !== undefined) {
			const text = await webhook.page(next)
			for (const [, name = ""] of text.matchAll(/1 firing: (page_\d+)</g)) seen.add(name)
			next = /<a href="(\/inbox\?cursor=\d+)">Older/.exec(text)?.[1]
		}
		expect(seen.size).toBe(205)
	})
})
