import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RECORDINGS, SERIES } from "../../core/catalogue/index.ts"
import { BOARDS } from "../../grafana/boards/index.ts"
import { panelsOf } from "../../grafana/kit/board.ts"
import type { Query } from "../../grafana/kit/query.ts"
import { expose } from "../support/catalogue-exposition.ts"
import { eventually } from "../support/process.ts"
import { startPrometheus, type TestPrometheus } from "../support/prometheus.ts"

let prometheus: TestPrometheus
let ticks = 0
const target = createServer((_request, response) => {
	ticks += 1
	response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8")
	response.end(expose(SERIES, ticks, Date.now()))
})

beforeAll(async () => {
	await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve))
	const { port } = target.address() as AddressInfo
	const everySecond = { scrape_interval: "1s", evaluation_interval: "1s" }
	prometheus = await startPrometheus(
		{
			global: everySecond,
			scrape_configs: [{ job_name: "catalogue", static_configs: [{ targets: [`127.0.0.1:${port}`] }] }],
		},
		{
			groups: [
				{ name: "recordings", rules: RECORDINGS.map(({ name, expr }) => ({ record: name, expr: expr.text })) },
				{ name: "alerts", rules: [{ alert: "Synthetic", expr: "vector(1)", labels: { severity: "critical" } }] },
			],
		},
	)
	await eventually(
		async () => ({ ticks, recorded: await recorded(), of: RECORDINGS.length }),
		({ ticks, recorded, of }) => ticks > 12 && recorded === of,
	)
})

afterAll(async () => {
	await prometheus?.stop()
	await new Promise((resolve) => target.close(resolve))
})

describe("the panels' PromQL, in a Prometheus that has every series of the catalogue", () => {
	it("finds every recording rule evaluated", async () => {
		expect(await recorded()).toBe(RECORDINGS.length)
	})

	for (const board of BOARDS) {
		it(`returns something for every query of ${board.title}`, async () => {
			const failures: string[] = []
			for (const panel of panelsOf(board)) {
				for (const query of panel.shows) {
					const outcome = await run(query).catch((error: unknown) => String(error))
					if (outcome !== "data") failures.push(`${panel.title}: ${outcome}: ${query.expr.text}`)
				}
			}
			expect(failures).toEqual([])
		})
	}
})

/** As Grafana asks: the latest value, or a range up to now. */
async function run({ expr, instant }: Query): Promise<string> {
	const now = Date.now() / 1000
	const query = expr.text
	const result = instant
		? await prometheus.ask("query", { query, time: String(now) })
		: await prometheus.ask("query_range", { query, start: String(now - 86400), end: String(now), step: "900" })
	return result.length > 0 ? "data" : "no data"
}

const recorded = async () => {
	const names = new Set(RECORDINGS.map(({ name }) => name))
	const found = await prometheus.ask("query", { query: 'count by (__name__) ({__name__=~".+:.+"})' })
	return (found as { metric: { __name__: string } }[]).filter(({ metric }) => names.has(metric.__name__)).length
}
