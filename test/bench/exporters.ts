import { httpRequestDuration } from "../../core/catalogue/subjects/observatory.ts"
import { listen } from "../../core/lib/http.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { createApp, SCRAPED } from "../../exporters/app.ts"
import { contractDatabase } from "../support/contract-databases.ts"
import { testExporter } from "../support/exporter.ts"
import { startPostgres } from "../support/postgres.ts"
import { AS_PROMETHEUS, ascending, count, type Durations, median, ms, quantile, table, timed } from "./parts/figures.ts"
import { addHistory } from "./parts/history.ts"
import { type ManySeries, measureManySeries } from "./parts/many-series.ts"
import { POSTGRES_EXPORTER, startPostgresExporter } from "./parts/postgres-exporter.ts"

const SIZES = [10_000, 1_000_000, 5_000_000]
/** The size at which another exporter is asked the same; the largest one when it is not measured. */
const COMPARED = 1_000_000
const SCRAPES = 200
const TICKS = 40
const OTHERS_SCRAPES = 30
const MOST_GROWTH = 1.5
const LEAST_FASTER = 20
/** Of the exporters' process with 10 thousand series. */
const MOST_MIB = 256
const MIB = 1024 * 1024

/** An exporter that has read its database's history, and what was measured of it. */
interface Subject {
	readonly rows: number
	readonly databaseUrl: string
	readonly caughtUpSeconds: number
	tick(): Promise<void>
	/** Bytes of one path. */
	scrape(path: string): Promise<number>
	close(): Promise<void>
}

interface Figures {
	readonly rows: number
	readonly caughtUpSeconds: number
	readonly paths: ReadonlyMap<string, { readonly times: Durations; readonly bytes: number }>
	/** All four paths, one after the other. */
	readonly scrapes: Durations
	readonly ticks: Durations
}

/**
 * What a scrape costs over history, in one run. The exporters of all sizes are measured in turns, so that whatever
 * else the machine does at a moment meets each of them alike. The limits are those of the sizes that are measured when
 * none are given; how many times faster we have to be is not checked at less than a million rows.
 */
export async function run({ rows: sizes = SIZES }: { rows?: readonly number[] }): Promise<boolean> {
	const postgres = await startPostgres()
	const subjects: Subject[] = []
	try {
		for (const rows of sizes) subjects.push(await prepare(postgres.url(), rows))
		const figures = await measure(subjects)
		report(figures)
		const many = await measureManySeries(subjects[0]?.databaseUrl ?? "")
		const compared = subjects.find(({ rows }) => rows === COMPARED) ?? subjects.at(-1)
		const beside = compared && (await measureBeside(compared))
		return verdict(figures, beside, many)
	} finally {
		for (const subject of subjects) await subject.close()
		await postgres.remove()
	}
}

async function prepare(adminUrl: string, rows: number): Promise<Subject> {
	const database = await contractDatabase(adminUrl)
	const filled = await timed(() => addHistory(database.url, rows))
	const exporter = testExporter(database.url)
	const requests = exporter.telemetry.histogram(httpRequestDuration)
	const app = createApp({ telemetry: exporter.telemetry, requests, log: silentLogger })
	const server = await listen(app, { host: "127.0.0.1", port: 0 }, "BENCH")
	let ticks = 0
	const caughtUp = await timed(async () => {
		do {
			await exporter.collect()
			ticks++
		} while (
			[...(await exporter.samples())].some(
				([sample, value]) => /^observatory_collector_success/.test(sample) && value !== 1,
			)
		)
	})
	console.log(
		`${count(rows)} rows: written in ${(filled / 1000).toFixed(1)} s, read by a new exporter in ${(caughtUp / 1000).toFixed(1)} s and ${ticks} ticks`,
	)
	return {
		rows,
		databaseUrl: database.url,
		caughtUpSeconds: caughtUp / 1000,
		tick: () => exporter.collect(),
		scrape: async (path) =>
			(await (await fetch(`${server.url}/metrics/${path}`, AS_PROMETHEUS)).arrayBuffer()).byteLength,
		async close() {
			await server.close()
			await exporter.close()
			await database.close()
		},
	}
}

async function measure(subjects: readonly Subject[]): Promise<Figures[]> {
	const made = subjects.map((subject) => ({
		subject,
		paths: new Map(SCRAPED.map((path) => [path as string, { times: [] as number[], bytes: 0 }])),
		scrapes: [] as number[],
		ticks: [] as number[],
	}))
	for (let i = 0; i < SCRAPES; i++)
		for (const { subject, paths, scrapes } of made) {
			let all = 0
			for (const [path, figures] of paths) {
				const took = await timed(async () => {
					figures.bytes = await subject.scrape(path)
				})
				figures.times.push(took)
				all += took
			}
			scrapes.push(all)
		}
	for (let i = 0; i < TICKS; i++) for (const { subject, ticks } of made) ticks.push(await timed(() => subject.tick()))
	return made.map(({ subject: { rows, caughtUpSeconds }, paths, scrapes, ticks }) => ({
		rows,
		caughtUpSeconds,
		paths: new Map([...paths].map(([path, { times, bytes }]) => [path, { times: ascending(times), bytes }])),
		scrapes: ascending(scrapes),
		ticks: ascending(ticks),
	}))
}

interface Beside {
	readonly rows: number
	readonly version: string
	readonly others: Durations
	/** Of all four paths, between its scrapes. */
	readonly ours: Durations
}

async function measureBeside(subject: Subject): Promise<Beside | undefined> {
	const other = await startPostgresExporter(subject.databaseUrl)
	if (other === undefined) return undefined
	const [others, ours]: [number[], number[]] = [[], []]
	try {
		for (let i = 0; i < OTHERS_SCRAPES; i++) {
			others.push(await timed(() => other.scrape()))
			ours.push(
				await timed(async () => {
					for (const path of SCRAPED) await subject.scrape(path)
				}),
			)
		}
		return { rows: subject.rows, version: other.version, others: ascending(others), ours: ascending(ours) }
	} finally {
		await other.stop()
	}
}

const latency = (durations: Durations) => `${ms(median(durations))} / ${ms(quantile(durations, 0.99))}`

function report(figures: readonly Figures[]): void {
	const row = (name: string, cell: (of: Figures) => string) => [name, ...figures.map(cell)]
	const paths = SCRAPED.map((path) =>
		row(`/metrics/${path}`, ({ paths }) => {
			const { times, bytes } = paths.get(path) ?? { times: [], bytes: 0 }
			return `${latency(times)}, ${count(bytes)} B`
		}),
	)
	console.log(
		`\n${table([
			row("p50 / p99", ({ rows }) => `${count(rows)} rows`),
			...paths,
			row("all four paths", ({ scrapes }) => latency(scrapes)),
			row("tick of all collectors", ({ ticks }) => latency(ticks)),
			row("first reading of history", ({ caughtUpSeconds }) => `${caughtUpSeconds.toFixed(1)} s`),
		])}\n`,
	)
}

function verdict(figures: readonly Figures[], beside: Beside | undefined, many: ManySeries): boolean {
	const [first, last] = [figures[0], figures.at(-1)]
	if (!first || !last) return false
	const checks: (readonly [what: string, measured: string, limit: string, kept: boolean])[] = []
	const growth = (what: string, of: (figures: Figures) => Durations) => {
		const ratio = median(of(last)) / median(of(first))
		const name = `${what}, ${count(last.rows)} rows to ${count(first.rows)} (p50)`
		checks.push([name, `× ${ratio.toFixed(2)}`, `≤ × ${MOST_GROWTH}`, ratio <= MOST_GROWTH])
	}
	growth("scrape", ({ scrapes }) => scrapes)
	growth("tick", ({ ticks }) => ticks)
	if (beside) {
		const { rows, version, others, ours } = beside
		const faster = median(others) / median(ours)
		const at = `${count(rows)} rows (p50 / p99)`
		const checked = rows >= COMPARED
		checks.push(
			[`${version}, ${at}`, latency(others), "", true],
			[`all four paths beside it, ${at}`, latency(ours), "", true],
			[
				"how many times faster (p50)",
				`× ${faster.toFixed(0)}`,
				checked ? `≥ × ${LEAST_FASTER}` : "",
				!checked || faster >= LEAST_FASTER,
			],
		)
	} else checks.push([`scrape beside ${POSTGRES_EXPORTER}`, "not measured", `≥ × ${LEAST_FASTER}`, false])
	const memory = many.rss / MIB
	checks.push(
		[
			`memory of the process, ${count(many.series)} series`,
			`${memory.toFixed(0)} MiB`,
			`≤ ${MOST_MIB} MiB`,
			memory <= MOST_MIB,
		],
		["its scrape (p50 / p99)", latency(many.scrapes), "", true],
		["its scrape's size", `${count(many.bytes)} B`, "", true],
	)
	console.log(table(checks.map(([what, measured, limit, kept]) => [what, measured, limit, kept ? "" : "NOT KEPT"])))
	return checks.every(([, , , kept]) => kept)
}
