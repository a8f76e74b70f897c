import { describe, expect, it } from "vitest"
import { claudeCost, claudeTokens } from "../../../../core/catalogue/subjects/claude-code.ts"
import { claudeAgentTokens } from "../../../../core/catalogue/subjects/session-agents.ts"
import type { SeriesSpec } from "../../../../core/catalogue/types.ts"
import { corpusOf } from "../../../../test/fixtures/cost/corpus.ts"
import { exportsOf, type Temporality } from "../../../../test/fixtures/cost/exports.ts"
import { addTo, nothing, TOKENS } from "../../../../test/fixtures/cost/ledger.ts"
import { seeded } from "../../../../test/fuzz/random.ts"
import { openJson } from "../decode/json.ts"
import { MalformedRecord } from "../decode/units.ts"
import { createReported } from "./gen-ai.ts"
import { interpretPoint } from "./metrics.ts"
import { Streams } from "./streams.ts"

const START = Date.parse("2026-03-02T08:00:00Z")
const corpus = corpusOf(7, 25, START)

/** What is counted of the corpus' exports, by series and labels, and what they say in all. */
function send(temporality: Temporality) {
	const streams = new Streams(10_000, START / 1000 - 3_600)
	const reported = createReported()
	const counted = new Map<SeriesSpec, Map<string, number>>()
	const arrived = nothing()
	let request = 0
	for (const { body, answers, lost, times } of exportsOf(seeded(11), corpus.processes, temporality)) {
		if (temporality === "cumulative" || !lost) for (const answer of answers) addTo(arrived, answer)
		for (let time = 0; !lost && time < times; time++) {
			request++
			const parcel = openJson.metrics(Buffer.from(JSON.stringify(body)), 10_000)
			for (let unit = 0; unit < parcel.units; unit++)
				for (const view of parcel.read(unit)) {
					if (view instanceof MalformedRecord) throw view
					const seen = interpretPoint(view, streams, { request, now: START / 1000 }, reported)
					if (typeof seen === "string") throw new Error(seen)
					for (const one of seen) {
						if (one.kind !== "count") continue
						const sums = counted.get(one.series) ?? new Map<string, number>()
						counted.set(one.series, sums)
						const key = one.labels.type ?? "all"
						sums.set(key, (sums.get(key) ?? 0) + one.by)
					}
				}
		}
	}
	return { counted, arrived }
}

describe("telemetry of a made-up week's sessions", () => {
	it.each(["cumulative", "delta"] as const)(
		"is counted to the unit, with %s temporality, exports that are lost and others that are sent twice",
		(temporality) => {
			const { counted, arrived } = send(temporality)
			const { telemetry } = corpus.truth
			const tokens = counted.get(claudeTokens)
			expect(TOKENS.map((type) => tokens?.get(type))).toEqual(TOKENS.map((type) => arrived.tokens[type]))
			expect([...(counted.get(claudeAgentTokens) ?? [])]).toEqual([...(tokens ?? [])])
			expect(counted.get(claudeCost)?.get("all")).toBeCloseTo(arrived.usd, 6)
			// Totals make up for a lost export, increments do not.
			if (temporality === "cumulative") expect(arrived.tokens).toEqual(telemetry.tokens)
			else expect(arrived.tokens.output).toBeLessThan(telemetry.tokens.output)
		},
	)
})
