import { describe, expect, it } from "vitest"
import { firstGrowth, integrationsIn } from "./accepted.ts"

const points = (...values: readonly (readonly [at: number, value: number])[]) => ({
	points: values.map(([at, value]) => ({ at, value })),
})

describe("the first growth of a counter", () => {
	it.each([
		["after the alert", points([0, 3], [10, 3], [20, 4], [30, 5]), 5, 20],
		["not one from before it", points([0, 3], [10, 4], [20, 4]), 10, undefined],
		["from nothing", points([20, 1]), 10, 20],
		["after a restart of Alertmanager", points([0, 7], [10, 7], [20, 0], [30, 1]), 5, 30],
		["in the very sample that has the restart", points([0, 7], [20, 2]), 5, 20],
		["none", points(), 5, undefined],
	])("is found: %s", (_, element, since, expected) => {
		expect(firstGrowth(element, since)).toBe(expected)
	})
})

it("reads the kinds of delivery of each receiver, without webhooks and empty lists", () => {
	const text = `receivers:
  - name: slack-ops
    slack_configs: [{ api_url: <secret> }]
    webhook_configs: [{ url: x }]
  - name: email-leads
    email_configs: [{ to: x }]
    slack_configs: []
  - name: observatory
    webhook_configs: [{ url: x }]
`
	expect([...integrationsIn(text)]).toEqual([
		["slack-ops", ["slack"]],
		["email-leads", ["email"]],
		["observatory", []],
	])
	expect(integrationsIn("[]").size).toBe(0)
})
