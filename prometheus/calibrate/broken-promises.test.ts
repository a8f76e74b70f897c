import { expect, it } from "vitest"
import { readBrokenPromises } from "./broken-promises.ts"
import { notes } from "./report.ts"

it("names the alerts that were slower than their worst case, the most often first", async () => {
	const asked: string[] = []
	const query = async (expr: string) => {
		asked.push(expr)
		return [
			{ labels: { alertname: "mcp_servers_down", step: "condition" }, value: 1.02 },
			{ labels: { alertname: "database_down", step: "notification" }, value: 3.1 },
		]
	}
	const broken = await readBrokenPromises({ query }, { atMs: 0, rangeMs: 3 * 86_400_000 })
	expect(asked[0]).toContain("[3d]")
	const run = {
		prometheusUrl: "",
		fromMs: 0,
		toMs: 0,
		stepMs: 60_000,
		target: { alarms: 1, periodMs: 1 },
		incidents: 0,
		refused: [],
	}
	expect(notes({ ...run, broken }, []).slice(2)).toEqual([
		"database_down: the notification took longer than its worst case 3 times; npm run rules -- --explain database_down has the promise.",
		"mcp_servers_down: the condition took longer than its worst case once; npm run rules -- --explain mcp_servers_down has the promise.",
	])
})
