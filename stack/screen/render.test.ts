import { stripVTControlCharacters } from "node:util"
import { describe, expect, it } from "vitest"
import type { Part, PartState, PartStatus } from "../parts/part.ts"
import { coloured, plain, truncate } from "./paint.ts"
import { changeLine, renderScreen } from "./render.ts"
import { countTargets } from "./targets.ts"
import { isSettled } from "./view.ts"

const step = (name: string, title: string, more: Partial<Part> = {}): Part =>
	({ kind: "step", name, title, needs: [], run: async () => undefined, ...more }) as Part
const status = (part: Part, state: PartState, detail = ""): PartStatus => ({ part, state, detail, since: 0 })

const parts = [
	status(step("postgres", "PostgreSQL", { address: "127.0.0.1:5433" }), "up"),
	status(step("grafana", "Grafana"), "missing", "Grafana is not installed; get it: brew install grafana"),
	status(step("demo", "Autonomous system", { demo: true }), "backing off", "ended by SIGKILL; next start at 12:00:01"),
]
const view = { parts, targets: undefined, inboxChannels: [], notes: [] }

describe("the screen", () => {
	it("has a line for each part: what, how, where and why", () => {
		expect(renderScreen(view, plain, 200).slice(2, 5)).toEqual([
			"  PostgreSQL                up           127.0.0.1:5433",
			"  Grafana                   missing      Grafana is not installed; get it: brew install grafana",
			"  Autonomous system (demo)  backing off  ended by SIGKILL; next start at 12:00:01",
		])
	})

	it("counts Prometheus' targets and names those that are not up", () => {
		const targets = countTargets([
			{ job: "health", health: "up", lastError: "" },
			{ job: "safety", health: "down", lastError: "connection refused" },
			{ job: "business", health: "unknown", lastError: "" },
		])
		const lines = renderScreen({ ...view, targets }, plain, 200)
		expect(lines).toContain("  Prometheus targets  1/3 up")
		expect(lines).toContain("    not scraped yet: business")
		expect(lines).toContain("    safety: connection refused")
	})

	it("says which channels go to the inbox for want of a secret", () => {
		const lines = renderScreen({ ...view, inboxChannels: ["pagerduty", "slack-ops"] }, plain, 200)
		expect(lines).toContain("  Channels without a secret, delivered to the console's inbox: pagerduty, slack-ops")
	})

	it("breaks that list between channels where the terminal ends", () => {
		const channels = ["pagerduty", "slack-critical", "slack-ops", "email-security"]
		const lines = renderScreen({ ...view, inboxChannels: channels }, plain, 80).slice(6)
		expect(lines).toEqual([
			"  Channels without a secret, delivered to the console's inbox: pagerduty,",
			"    slack-critical, slack-ops, email-security",
		])
	})

	it("fits the terminal, counting what is seen and not the colours", () => {
		const visible = renderScreen(view, coloured, 30).map((line) => stripVTControlCharacters(line))
		expect(visible).toEqual(renderScreen(view, plain, 30))
		expect(renderScreen(view, plain, 30).every((line) => line.length <= 30)).toBe(true)
		expect(truncate("\u001b[31mabcdef\u001b[39mgh", 3)).toBe("\u001b[31mabc\u001b[39m")
	})

	it("has no escape code without colours", () => {
		expect(renderScreen(view, plain, 200).join("\n")).not.toContain("\u001b")
	})
})

describe("a change", () => {
	it("is one line, with the address once it is up", () => {
		expect(parts.map(changeLine)).toEqual([
			"PostgreSQL: up at 127.0.0.1:5433",
			"Grafana: missing — Grafana is not installed; get it: brew install grafana",
			"Autonomous system (demo): backing off — ended by SIGKILL; next start at 12:00:01",
		])
	})
})

describe("a run", () => {
	it("has settled when nothing is on its way, whether it is well or not", () => {
		expect(isSettled([...parts, status(step("b", "B"), "blocked")])).toBe(true)
		expect(isSettled([...parts, status(step("a", "A"), "starting")])).toBe(false)
		expect(isSettled([...parts, status(step("a", "A"), "waiting")])).toBe(false)
	})
})
