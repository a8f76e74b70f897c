import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { parsePolicies, policyNameFor, policyOf, readPolicies } from "./policies.ts"

const shipped = readPolicies("alert-webhook/domain/escalation/policies.yaml")

describe("the shipped policies", () => {
	it("are the strategy's three levels, at once, after 15 minutes and after an hour", () => {
		expect(shipped.byName.get("default")?.levels.map(({ afterMs }) => afterMs / 60_000)).toEqual([0, 15, 60])
		expect(shipped.byName.get("default")?.levels[1]).toMatchObject({
			contacts: ["team-lead", "on-call-engineer"],
			channels: ["slack-ops", "pagerduty"],
		})
	})

	it("name only channels that Alertmanager routes to", () => {
		const { channels } = parse(readFileSync("alertmanager/channels.yaml", "utf8")) as { channels: object }
		const named = [...shipped.byName.values()].flatMap(({ levels }) => levels.flatMap((level) => level.channels))
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
		[{ escalation: "constructor" }, "critical", "default"],
	])("of %j with severity %s is %s", (labels, severity, name) => {
		expect(policyNameFor(shipped, { labels: labels as Record<string, string>, severity })).toBe(name)
	})
})

describe("policyOf", () => {
	const policies = parsePolicies(
		"policies: { kept: { levels: [{ after: 1s, channels: [a] }] }, usual: { levels: [{ after: 2s, channels: [a] }] }, none: { levels: [] } }\nseverities: { critical: usual }",
		"policies.yaml",
	)
	it.each([
		["its initial policy", "kept", {}, "critical", 1_000],
		["the policy that its alert would get now, when that is gone", "gone", {}, "critical", 2_000],
		["the same for the name of a property of every object", "constructor", {}, "critical", 2_000],
		["none, when no policy applies any more", "gone", {}, "warning", undefined],
		["none, when its policy has no levels any more", "none", {}, "critical", undefined],
		["none, when its alert now names none", "gone", { escalation: "none" }, "critical", undefined],
	])("is %s", (_, initialPolicy, labels, severity, afterMs) => {
		const policy = policyOf(policies, { labels: labels as Record<string, string>, severity }, initialPolicy)
		expect(policy?.levels[0]?.afterMs).toBe(afterMs)
	})
})

describe("parsePolicies", () => {
	it.each([
		["policies: { a: { levels: [{ after: soon }] } }", /policies\.a\.levels\.0\.after.*soon/],
		["policies: { a: { levels: [{ after: 15m }, { after: 15m }] } }", /come after the one before/],
		["policies: { a: { levels: [{ after: 0s, contacts: [bob] }] } }", /no contact bob/],
		["policies: { a: { levels: [{ after: 0s, contacts: [constructor] }] } }", /no contact constructor/],
		["policies: { a: { levels: [{ after: 0s }] } }", /policies\.a\.levels\.0: pages no channel/],
		[
			"contacts: { bob: { channels: [] } }\npolicies: { a: { levels: [{ after: 0s, channels: [b] }, { after: 1s, contacts: [bob] }] } }",
			/policies\.a\.levels\.1: pages no channel/,
		],
		["policies: {}\nseverities: { critical: a }", /no policy a/],
		["policies: {}\nseverities: { critical: toString }", /no policy toString/],
		["policies: {}\nseverities: { fatal: a }", /severities/],
		["policies: [", /not YAML/],
	])("refuses %j", (text, message) => {
		expect(() => parsePolicies(text, "policies.yaml")).toThrow(message)
	})
})
