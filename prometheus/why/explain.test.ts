import { describe, expect, it } from "vitest"
import { parseMatchers, readConfig } from "./config.ts"
import { covered, meets, periodsOf, routesFor } from "./decide.ts"
import { explainWhy, renderWhy } from "./explain.ts"
import type { Facts, Instance, RuleFact } from "./facts.ts"

const CONFIG = readConfig(`
route:
  receiver: everything
  group_by: [alertname]
  routes:
    - receiver: pager
      matchers: ['severity="critical"']
      group_wait: 10s
      continue: true
      routes:
        - matchers: [team="db"]
          repeat_interval: 1h
    - receiver: mail
      match_re: { component: "data.*" }
      mute_time_intervals: [weekend]
inhibit_rules:
  - source_matchers: [role="cause"]
    target_matchers: [role="symptom"]
    equal: [component]
`)

const minute = 60_000
const at = (minutes: number) => Date.UTC(2026, 10, 30, 12) + minutes * minute

const rule: RuleFact = {
	query: "x > 5",
	holdMs: minute,
	labels: { severity: "critical" },
	health: "ok",
	trueDuring: [{ from: at(1), to: at(9) }],
	comparisons: [{ text: "x > 5", left: "x", operator: ">", threshold: 5, lowest: 1, highest: 7.5, last: 2 }],
	missing: [],
}
const instance = (name: string, labels: Record<string, string>, from?: number, to?: number): Instance => ({
	name,
	labels: { alertname: name, ...labels },
	pending: [{ from: at(1), to: at(2) }],
	firing: from === undefined ? [] : [{ from: at(from), to: to === undefined ? undefined : at(to) }],
})
const target = instance("A", { severity: "critical", role: "symptom", component: "database" }, 2, 9)

const facts = (part: Partial<Facts> = {}): Facts => ({
	alert: "A",
	from: at(0),
	to: at(60),
	stepMs: 15_000,
	rules: [rule],
	instances: [target],
	alertmanager: { reached: "yes", config: CONFIG, silences: [] },
	deliveries: [],
	incidents: undefined,
	...part,
})

describe("Alertmanager's configuration", () => {
	it("gives a child what it does not say itself", () => {
		const [pager] = CONFIG.route.routes
		expect(pager).toMatchObject({ receiver: "pager", groupBy: ["alertname"], groupWait: "10s", repeatInterval: "4h" })
		expect(pager?.routes[0]).toMatchObject({ receiver: "pager", groupWait: "10s", repeatInterval: "1h" })
	})

	it("routes to every child that continues, to the deepest one, or to the root", () => {
		const names = (labels: Record<string, string>) => routesFor(labels, CONFIG.route).map(({ receiver }) => receiver)
		expect(names({ severity: "critical", component: "database" })).toEqual(["pager", "mail"])
		expect(names({ severity: "info" })).toEqual(["everything"])
		expect(routesFor({ severity: "critical", team: "db" }, CONFIG.route)[0]?.repeatInterval).toBe("1h")
	})

	it("has matchers in every form", () => {
		expect(parseMatchers('{a="x, y", b!~"p|q",c=z}')).toEqual([
			{ name: "a", value: "x, y", isRegex: false, isEqual: true },
			{ name: "b", value: "p|q", isRegex: true, isEqual: false },
			{ name: "c", value: "z", isRegex: false, isEqual: true },
		])
		expect(meets({ b: "pp" }, parseMatchers('b!~"p|q"'))).toBe(true)
		expect(meets({}, parseMatchers('a=""'))).toBe(true)
	})
})

describe("periods", () => {
	it("join instants a step apart, and are open at the end", () => {
		expect(periodsOf([0, 10, 20, 50, 100], 10, 100)).toEqual([
			{ from: 0, to: 20 },
			{ from: 50, to: 50 },
			{ from: 100, to: undefined },
		])
	})

	it("cover another one together, without a gap", () => {
		const period = { from: 0, to: 100 }
		expect(
			covered(
				period,
				[
					{ from: 0, to: 50 },
					{ from: 50, to: undefined },
				],
				100,
				5,
			),
		).toBe(true)
		expect(
			covered(
				period,
				[
					{ from: 0, to: 50 },
					{ from: 60, to: 100 },
				],
				100,
				5,
			),
		).toBe(false)
		expect(covered(period, [], 100, 5)).toBe(false)
	})
})

describe("explainWhy", () => {
	it("says who got it", () => {
		const explanation = explainWhy(facts())
		expect(explanation.verdict).toBe("It fired, and it went to pager, mail.")
		const text = renderWhy(explanation)
		expect(text).toContain("condition  x > 5: highest 7.5, last 2; needed > 5")
		expect(text).toContain("fired      2026-11-30T12:02:00Z to 2026-11-30T12:09:00Z")
		expect(text).toContain("muted      mail: not during weekend")
	})

	it("names a silence, and what it left", () => {
		const silence = {
			id: "s1",
			createdBy: "Ada",
			comment: "upgrade",
			matchers: parseMatchers("alertname=A"),
		}
		const silenced = (from: number, to: number) =>
			explainWhy(
				facts({
					alertmanager: { reached: "yes", config: CONFIG, silences: [{ ...silence, from: at(from), to: at(to) }] },
				}),
			)
		expect(silenced(0, 60).verdict).toBe("It fired, and it was silenced all the time.")
		expect(renderWhy(silenced(0, 60))).toContain('by Ada: "upgrade" (s1)')
		expect(renderWhy(silenced(0, 60))).toContain("would go to pager")
		expect(silenced(0, 5).verdict).toBe("It fired, and it went to pager, mail.")
		expect(silenced(20, 60).outcomes[0]?.lines.some(({ step }) => step === "silenced")).toBe(false)
	})

	it("names the alert that inhibited it, and no other", () => {
		const cause = instance("Cause", { role: "cause", component: "database" }, 1, 30)
		const elsewhere = instance("Other", { role: "cause", component: "network" }, 1, 30)
		const explanation = explainWhy(facts({ instances: [target, cause, elsewhere] }))
		expect(explanation.verdict).toBe("It fired, and it was inhibited all the time.")
		expect(renderWhy(explanation)).toMatch(
			/inhibited .*by Cause \{role="cause", component="database"\}, which has the same component/,
		)
		expect(renderWhy(explanation)).not.toContain("Other")
		const brief = instance("Cause", { role: "cause", component: "database" }, 1, 4)
		expect(explainWhy(facts({ instances: [target, brief] })).outcomes[0]?.result).toBe("sent")
	})

	it("says why one did not fire", () => {
		expect(explainWhy(facts({ rules: [], instances: [] })).verdict).toContain("no rule of this name")
		const pending = instance("A", { severity: "critical" })
		expect(explainWhy(facts({ instances: [pending] })).verdict).toContain("the condition ended before for had passed")
		const missing = { ...rule, trueDuring: [], missing: ["x"] }
		expect(explainWhy(facts({ instances: [], rules: [missing] })).verdict).toContain("x had no value")
		expect(explainWhy(facts({ instances: [], rules: [{ ...rule, trueDuring: [] }] })).verdict).toContain("was not true")
	})

	it("does not guess when Alertmanager does not answer, and counts failed notifications", () => {
		const { verdict, outcomes } = explainWhy(facts({ alertmanager: { reached: "no", why: "refused" } }))
		expect(verdict).toBe("It fired; what Alertmanager did with it is not known: refused.")
		expect(outcomes[0]?.result).toBe("unknown")
		const failing = explainWhy(facts({ deliveries: [{ integration: "slack", sent: 4, failed: 3 }] }))
		expect(renderWhy(failing)).toContain("3 of 4 notifications of slack failed")
	})
})
