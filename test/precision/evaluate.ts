import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { writeBlocks } from "../../demo/past/blocks.ts"
import { freePort } from "../support/postgres.ts"
import { startProgram } from "../support/process.ts"
import { type Column, samples } from "./columns.ts"
import type { History } from "./history.ts"
import { type Episode, episodesOf } from "./hold.ts"
import { type Alerting, recordingsFor } from "./rules.ts"
import { STEP, timeOf } from "./world.ts"

/** An instance of an alert that fired, with all its labels. */
export interface Firing extends Episode {
	readonly alert: string
	readonly labels: Readonly<Record<string, string>>
}

interface Series {
	readonly metric: Readonly<Record<string, string>>
	readonly values: readonly (readonly [number, string])[]
}

/** Prometheus answers a range of at most 11,000 points. */
const POINTS = 10_000

type Progress = (what: string) => void

/** Evaluates alerts over a history by a real Prometheus: the history and the recording rules' results are its blocks. */
export async function evaluateHistory(
	{ scrapes, columns }: History,
	alerts: readonly Alerting[],
	progress: Progress = () => undefined,
): Promise<Firing[]> {
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-history-"))
	const start = scrapes.start
	const end = timeOf(scrapes, scrapes.count - 1)
	const write = (own: readonly Column[], step: number) =>
		writeBlocks(
			{ start, end, between: (from, to) => samples(scrapes, own, from, to, step) },
			path.join(folder, "data"),
			"promtool",
			() => undefined,
		)
	try {
		progress(`writing ${columns.length} series`)
		await write(columns, STEP)
		const recordings = recordingsFor(alerts.map(({ expr }) => expr))
		const recorded = new Map<number, Column[]>()
		await withPrometheus(folder, async (query) => {
			for (const { record, expr, interval } of recordings) {
				progress(`recording ${record}`)
				const found = await query(expr, { start, end, step: interval })
				const count = Math.floor((end - start) / interval) + 1
				const made = [...found].map(([key, values]): Column => {
					const column = new Float64Array(count).fill(Number.NaN)
					for (const [time, value] of values) column[Math.round((time - start) / interval)] = Number(value)
					return { name: record, labels: JSON.parse(key), values: column, every: 1 }
				})
				recorded.set(interval, [...(recorded.get(interval) ?? []), ...made])
			}
		})
		for (const [interval, made] of recorded) await write(made, interval)
		const times = Array.from({ length: scrapes.count }, (_, i) => timeOf(scrapes, i))
		const firings: Firing[] = []
		await withPrometheus(folder, async (query) => {
			for (const rule of alerts) {
				progress(`evaluating ${rule.alert}`)
				for (const [key, values] of await query(rule.expr, { start, end, step: STEP })) {
					const episodes = episodesOf(new Set(values.map(([time]) => time)), times, rule)
					const labels = { ...JSON.parse(key), ...rule.labels }
					firings.push(...episodes.map((episode) => ({ ...episode, alert: rule.alert, labels })))
				}
			}
		})
		return firings
	} finally {
		rmSync(folder, { recursive: true, force: true })
	}
}

type Range = { readonly start: number; readonly end: number; readonly step: number }
/** Points of each series, by its labels as JSON. */
type Found = ReadonlyMap<string, readonly (readonly [number, string])[]>
type Query = (expr: string, range: Range) => Promise<Found>

async function withPrometheus(folder: string, work: (query: Query) => Promise<void>): Promise<void> {
	const config = path.join(folder, "prometheus.yml")
	writeFileSync(config, "{}")
	const url = `http://127.0.0.1:${await freePort()}`
	const options = [
		`--config.file=${config}`,
		`--storage.tsdb.path=${path.join(folder, "data")}`,
		"--storage.tsdb.retention.time=100y",
		"--query.max-samples=500000000",
		"--query.timeout=10m",
		`--web.listen-address=${new URL(url).host}`,
		"--log.level=warn",
	]
	const program = await startProgram("prometheus", options, `${url}/-/ready`)
	try {
		await work((expr, range) => queryRange(url, expr, range))
	} finally {
		await program.stop()
	}
}

async function queryRange(url: string, query: string, { start, end, step }: Range): Promise<Found> {
	const found = new Map<string, (readonly [number, string])[]>()
	for (let from = start; from <= end; from += POINTS * step) {
		const until = Math.min(end, from + (POINTS - 1) * step)
		const body = new URLSearchParams({ query, start: `${from}`, end: `${until}`, step: `${step}` })
		const response = await fetch(`${url}/api/v1/query_range`, { method: "POST", body })
		const answer = (await response.json()) as { error?: string; data?: { result: readonly Series[] } }
		if (!answer.data) throw new Error(`${query}: ${answer.error ?? response.status}`)
		for (const { metric, values } of answer.data.result) {
			const { __name__, ...labels } = metric
			const key = JSON.stringify(labels, Object.keys(labels).sort())
			const all = found.get(key)
			if (all) for (const value of values) all.push(value)
			else found.set(key, [...values])
		}
	}
	return found
}
