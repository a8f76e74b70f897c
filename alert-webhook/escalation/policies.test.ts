import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { parsePolicies, policyNameFor, readPolicies } from "./policies.ts"

const shipped = readPolicies("alert-webhook/escalation/policies.yaml")

describe("the policies that come with alert-webhook", () => {
	it("are the strategy's three levels, at once, after 15 minutes and after an hour", () => {
		expect(shipped.byName.default?.levels.map(({ afterMs }) => afterMs / 60_000)).toEqual([0, 15, 60])
		expect(shipped.byName.default?.levels[1]).toMatchObject({
			contacts: ["team-lead", "on-call-engineer"],
			channels: ["slack-ops", "pagerduty"],
		})
	})

	it("name only channels that Alertmanager routes to", () => {
		const { channels } = parse(readFileSync("alertmanager/channels.yaml", "utf8")) as { channels: object }
		const named = Object.values(shipped.byName).flatMap(({ levels }) => levels.flatMap((level) => level.channels))
		expect(Object.keys(channels)).toEqual(expect.arrayContaining(named))
	})
})

describe("policyNameFor", () => {
	it.each([
		[{}, "critical", "default"],
		[{}, "warning", undefined],
		[{ escalation: "default" }, "warning", "default"],
		[{ escalation: "none" }, "critical", "none"],
		[{ escalation: "unknown" }, "critical", "default"],
	])("of %j with severity %s is %s", (labels, severity, name) => {
		expect(policyNameFor(shipped, labels as Record<string, string>, severity)).toBe(name)
	})
})

describe("parsePolicies", () => {
	it.each([
		["policies: { a: { levels: [{ after: soon }] } }", /policies\.a\.levels\.0\.after.*soon/],
		["policies: { a: { levels: [{ after: 15m }, { after: 15m }] } }", /come after the one before/],
		["policies: { a: { levels: [{ after: 0s, contacts: [bob] }] } }", /no contact bob/],
		["policies: {}\nseverities: { critical: a }", /no policy a/],
		["policies: {}\nseverities: { fatal: a }", /severities/],
		["policies: [", /not YAML/],
	])("refuses %j", (text, message) => {
		expect(() => parsePolicies(text, "policies.yaml")).toThrow(message)
	})
})
