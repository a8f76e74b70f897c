import { describe, expect, it } from "vitest"
import type { Matcher } from "../../core/db/schema/index.ts"
import { PAGE_LABEL } from "./alert-kind.ts"
import { matches } from "./matchers.ts"
import { type ActiveSilence, escapeFrom, examplesOf, silencesOfPages } from "./silenced-pages.ts"

const silence = (id: string, ...matchers: Matcher[]): ActiveSilence => ({
	id,
	createdBy: "someone",
	comment: "",
	endsAt: "2026-01-01T00:00:00Z",
	matchers,
})
const is = (name: string, value: string): Matcher => ({ name, op: "=", value })
const like = (name: string, value: string): Matcher => ({ name, op: "=~", value })
const examples = examplesOf(["escalation", "emergency_stop"], ",pagerduty,")
const found = (...silences: ActiveSilence[]) => silencesOfPages(silences, [], examples).map(({ id }) => id)

describe("silencesOfPages", () => {
	it("finds silences of everything, of pages, of a channel and of the heartbeat", () => {
		const all = [
			silence("all", like("alertname", ".+")),
			silence("most", like("alertname", ".*o.*|.*e.*")),
			silence("pages", is(PAGE_LABEL, "emergency_stop")),
			silence("channel", like("channels", ".*,pagerduty,.*")),
			silence("heartbeat", is("alertname", "watchdog")),
		]
		expect(found(...all)).toEqual(["all", "most", "pages", "channel", "heartbeat"])
	})

	it("leaves silences of alerts alone, and ours, which exclude pages and heartbeats", () => {
		const ours = [is(PAGE_LABEL, ""), { name: "heartbeat", op: "!=", value: "true" } as const]
		expect(found(silence("alert", is("alertname", "mcp_server_down")))).toEqual([])
		expect(found(silence("window", like("severity", "critical|info"), ...ours))).toEqual([])
	})

	it("believes Alertmanager where it applies a pattern that is not ours", () => {
		const strange = silence("strange", like("alertname", "(?i)[a-z]+_level_[0-9]+"))
		const page = { labels: { alertname: "db_level_1", [PAGE_LABEL]: "escalation" }, silencedBy: ["strange"] }
		expect(found(strange)).toEqual([])
		expect(silencesOfPages([strange], [page], examples)).toEqual([strange])
		const alert = { labels: { alertname: "db_level_1" }, silencedBy: ["strange"] }
		expect(silencesOfPages([strange], [alert], examples)).toEqual([])
	})
})

describe("escapeFrom", () => {
	const page = { alertname: "x", severity: "critical", channels: ",pagerduty,", [PAGE_LABEL]: "escalation" }
	const without = (names: readonly string[]) =>
		Object.fromEntries(Object.entries(page).filter(([name]) => !names.includes(name)))

	it.each([
		[silence("all", like("alertname", ".*x.*"))],
		[silence("two", is("severity", "critical"), like("channels", ".*,pagerduty,.*"))],
		[silence("negative", { name: "heartbeat", op: "!=", value: "true" }, is(PAGE_LABEL, "escalation"))],
	])("leaves out a label without which the silence does not apply", (one) => {
		expect(matches(one.matchers, page)).toBe(true)
		const left = without(escapeFrom([one]))
		expect(matches(one.matchers, left)).toBe(false)
		expect(left.channels).toBe(",pagerduty,")
	})

	it("leaves the label of pages and the channels where another label is enough", () => {
		const both = [
			silence("a", is(PAGE_LABEL, "escalation"), is("severity", "critical")),
			silence("b", like("alertname", "(?i)X")),
		]
		expect(escapeFrom(both)).toEqual(["severity", "alertname"])
	})
})
