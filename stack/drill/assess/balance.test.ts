import { describe, expect, it } from "vitest"
import { type Books, imbalances, type ListedIncident, unexplained } from "./balance.ts"

const incident = (change: Partial<ListedIncident> = {}): ListedIncident => ({
	id: 1,
	fingerprint: "a",
	alertname: "database_down",
	severity: "critical",
	status: "resolved",
	labels: {},
	startsAt: 100,
	resolvedAt: 200,
	...change,
})
const balanced: Books = {
	incidents: [incident()],
	active: [],
	lasting: new Set(),
	remediations: [],
	pages: [],
	jobs: [],
	escalations: [],
	auditIntact: true,
}
const open = incident({ status: "firing", resolvedAt: undefined })
const alert = { fingerprint: "a", alertname: "database_down" }

describe("the books", () => {
	it("balance when everything has ended once", () => {
		expect(imbalances(balanced)).toEqual([])
		const twice = [incident(), incident({ id: 2, startsAt: 200, resolvedAt: 300 })]
		expect(imbalances({ ...balanced, incidents: twice })).toEqual([])
	})

	it("balance while an alert with a long window lasts", () => {
		const lasting = new Set(["database_down"])
		expect(imbalances({ ...balanced, incidents: [open], active: [alert], lasting })).toEqual([])
	})

	it("balance while work reports of itself", () => {
		const information = { ...open, severity: "info" }
		expect(imbalances({ ...balanced, incidents: [information], active: [alert] })).toEqual([])
	})

	it.each<[string, Partial<Books>]>([
		["lost: database_down is active in Alertmanager and has no open incident", { active: [alert] }],
		["lost: the audit log is not intact", { auditIntact: false }],
		[
			"doubled: incident 2 of database_down, while another was open",
			{ incidents: [incident({ id: 2, startsAt: 199 }), incident()] },
		],
		["stuck: incident 1 of database_down is open, and its alert is not active", { incidents: [open] }],
		["stuck: incident 1 of database_down still fires after the repair", { incidents: [open], active: [alert] }],
		["stuck: restartWorker on analysis: running", { remediations: ["restartWorker on analysis: running"] }],
		['stuck: the page "incident 1" is open after its incident\'s end', { pages: ["incident 1"] }],
		["stuck: a job pages.send is overdue", { jobs: ["pages.send is overdue"] }],
		["stuck: the escalation of incident 1, which is resolved", { escalations: [1] }],
	])("show: %s", (line, change) => {
		expect(imbalances({ ...balanced, ...change })).toEqual([line])
	})
})

describe("an incident without an explanation", () => {
	const claim = { alerts: new Set(["database_down"]), from: 50, to: 150 }

	it("is one of an alert that no drill expects at that time", () => {
		const other = incident({ id: 2, alertname: "worker_down" })
		const late = incident({ id: 3, startsAt: 151 })
		expect(unexplained([incident(), other, late], [claim])).toEqual([other, late])
	})

	it("is none for information", () => {
		expect(unexplained([incident({ severity: "info" })], [])).toEqual([])
	})
})
