import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RECORDINGS } from "../../core/catalogue/index.ts"
import { writeBlocks } from "../../demo/past/blocks.ts"
import { createPast } from "../../demo/past/model.ts"
import { samplesOf } from "../../demo/past/openmetrics.ts"
import { BOARDS } from "../../grafana/boards/index.ts"
import { panelsOf } from "../../grafana/kit/board.ts"
import { startPrometheus, type TestPrometheus } from "../support/prometheus.ts"

const HOUR = 3_600
const STEP = 240
const DAYS = 8
// A fixed time and seed, so that the numbers are the same in each run.
const end = Date.UTC(2026, 0, 15, 12) / 1_000
const grid = { start: end - DAYS * 24 * HOUR, step: STEP, count: (DAYS * 24 * HOUR) / STEP + 1 }
const past = createPast(1, grid, { exporters: "127.0.0.1:9464", webhook: "127.0.0.1:9099" })

let prometheus: TestPrometheus

beforeAll(async () => {
	const nothing = () => undefined
	prometheus = await startPrometheus({}, {}, (data) => writeBlocks(samplesOf(past), data, "promtool", nothing))
})

afterAll(() => prometheus?.stop())

type Sample = { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] }

async function valuesAt(query: string, time: number): Promise<Record<string, number>> {
	const found = (await prometheus.ask("query", { query, time: String(time) })) as Sample[]
	return Object.fromEntries(
		found.map(({ metric: { __name__, ...labels }, value }) => [
			JSON.stringify(Object.entries(labels).sort()),
			Number(value[1]),
		]),
	)
}

/** Series without a made-up past: those that the demo does not have, and those that are about this moment. */
const WITHOUT =
	/github|_worker_|unpriced|_usage_|_organisation_|genai|sessions_by_state|session_state_|sessions_(?:waiting|looping|failing|hung):|session_wait:|telemetry_un|promises_broken|label_values_folded|escalations_late|_stoppable|_unstoppable|_brakes|control_pending|stop_signals|telemetry_store|session_agent_|claude_code_agent_|acknowledgements_expired|"other"/
const PRESENT =
	/ALERTS|inbox_unread|heartbeat_last|gate_self_test|anomaly_subjects|build_info|pages_unsent|page_silences/

describe("the demo's past in a Prometheus", () => {
	it.each([2, 22])("has, %i hours back, what its recording rules make of its series", async (hours) => {
		const time = end - hours * HOUR
		const differences: unknown[] = []
		for (const { name, expr } of RECORDINGS) {
			const made = await valuesAt(name, time)
			const computed = await valuesAt(expr.text, time)
			if (Object.keys(made).sort().join() !== Object.keys(computed).sort().join())
				differences.push({ name, made, computed })
			for (const [labels, value] of Object.entries(computed)) {
				// Prometheus extrapolates to the edges of a window; two events of an hour become two and a bit.
				const tolerance = 0.15 * Math.abs(value) + (name.includes("increase") ? 0.3 : 0.006)
				if (Math.abs((made[labels] ?? Number.NaN) - value) > tolerance)
					differences.push({ name, labels, made: made[labels], computed: value })
			}
		}
		expect(differences).toEqual([])
	})

	it("answers every query of the boards that looks back", async () => {
		const empty: string[] = []
		for (const board of BOARDS)
			for (const panel of panelsOf(board))
				for (const { expr } of panel.shows) {
					if (WITHOUT.test(expr.text) || PRESENT.test(expr.text)) continue
					const range = { query: expr.text, start: String(end - 24 * HOUR), end: String(end), step: "900" }
					const found = await prometheus.ask("query_range", range)
					if (found.length === 0) empty.push(`${board.title}, ${panel.title}: ${expr.text}`)
				}
		expect(empty).toEqual([])
	})

	it("answers over thirty days without a gap in what is recorded", async () => {
		const query = "autonomous:session_cost_usd:increase1d"
		const times = { start: String(end - 30 * 24 * HOUR), end: String(end), step: "3600" }
		const [found] = (await prometheus.ask("query_range", { query, ...times })) as { values: unknown[] }[]
		expect(found?.values.length).toBeGreaterThanOrEqual(DAYS * 24)
	})
})
