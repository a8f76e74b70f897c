import { writeFileSync } from "node:fs"
import path from "node:path"
import { evaluateHistory, type Firing } from "../precision/evaluate.ts"
import { createHistory } from "../precision/history.ts"
import { SLOW_INCIDENTS } from "../precision/kinds/slow.ts"
import { type Part, precisionPage, reached, rowsOf } from "../precision/report.ts"
import { alertingRules } from "../precision/rules.ts"
import { INCIDENTS } from "../precision/schedule.ts"
import { scoreFirings, sumScores } from "../precision/score.ts"
import type { Label } from "../precision/world.ts"
import { table } from "./parts/figures.ts"

const ROOT = path.resolve(import.meta.dirname, "../..")
const TUNING = [1]
const UNSEEN = [101, 102]
const DAYS = 14

/**
 * Precision and recall of the shipped rules over labelled histories: of one seed, or of all, which also writes
 * docs/precision.md. True when the goals are reached on histories that were not used for tuning.
 */
export async function run({ seed, days = DAYS }: { seed?: number; days?: number }): Promise<boolean> {
	if (seed !== undefined) return reached((await measure([seed], days)).scores)
	const [tuning, unseen] = await Promise.all([measure(TUNING, days), measure(UNSEEN, days)])
	const measured = { days, tuning, unseen }
	writeFileSync(path.join(ROOT, "test/precision/measured.json"), `${JSON.stringify(measured, undefined, "\t")}\n`)
	writeFileSync(path.join(ROOT, "docs/precision.md"), precisionPage(measured))
	return reached(unseen.scores)
}

async function measure(seeds: readonly number[], days: number): Promise<Part> {
	const rules = alertingRules()
	const counts = { incidents: 0, disturbances: 0 }
	const all = await Promise.all(
		seeds.map(async (seed) => {
			const history = createHistory(seed, days)
			for (const [kind, times] of history.played)
				counts[INCIDENTS.includes(kind) || SLOW_INCIDENTS.includes(kind) ? "incidents" : "disturbances"] += times
			const firings = await evaluateHistory(history, rules, (what) => {
				process.stderr.write(`seed ${seed}: ${what}\n`)
			})
			const { alerts, wrong, missed } = scoreFirings(rules, firings, history.labels)
			for (const firing of wrong) process.stdout.write(`${wrongLine(seed, firing)}\n`)
			for (const label of missed) process.stdout.write(`${missedLine(seed, label)}\n`)
			return alerts
		}),
	)
	const scores = sumScores(all)
	process.stdout.write(`\n${table(rowsOf(scores))}\n`)
	return { seeds, ...counts, scores }
}

const iso = (time: number) => new Date(time * 1_000).toISOString().slice(0, 19)

function wrongLine(seed: number, { alert, labels, from, until }: Firing): string {
	const { severity, component, channels, remediation, role, ...own } = labels
	const end = until === undefined ? "the end" : iso(until)
	return `seed ${seed}: ${alert} ${JSON.stringify(own)} fired without an incident from ${iso(from)} to ${end}`
}

const missedLine = (seed: number, { alert, labels, from, until, cause }: Label) =>
	`seed ${seed}: ${alert} ${JSON.stringify(labels)} did not fire from ${iso(from)} to ${iso(until)}: ${cause}`
