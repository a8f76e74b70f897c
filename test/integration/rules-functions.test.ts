import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { compileAlerts } from "../../core/alerts/compile.ts"
import { createSource } from "../../core/alerts/source.ts"
import { renderTrigger } from "../../prometheus/render/rules.ts"
import { startPrometheus, type TestPrometheus } from "../support/prometheus.ts"
import { growth, highest, newest, over, predicted, quantile, type Sampled } from "../support/reference-evaluator.ts"

const START = Date.UTC(2026, 0, 5) / 1000
const SCRAPES = 960
const STEP = 30
const INSTANTS = (SCRAPES * 15) / STEP
const MINUTE = 60

/** The same numbers in every run. */
let seed = 20260105
function random(): number {
	seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
	return seed / 2 ** 32
}

const all: { name: string; series: Sampled }[] = []
/** Scraped every 15 seconds, 7 seconds off the instants that rules look at; a scrape of undefined has failed. */
function scraped(name: string, labels: Record<string, string>, value: (scrape: number) => number | undefined): Sampled {
	const samples = Array.from({ length: SCRAPES }, (_, i) => [START + i * 15 + 7, value(i)] as const).flatMap(
		([at, v]) => (v === undefined ? [] : [[at, v] as const]),
	)
	const series = { labels, samples }
	all.push({ name, series })
	return series
}
const between = (scrape: number, from: number, to: number) => scrape >= from && scrape < to

function walk(from: number, by: number, low: number, high: number): (scrape: number) => number {
	let at = from
	return () => {
		at = Math.min(high, Math.max(low, at + (random() - 0.5) * by))
		return Number(at.toPrecision(6))
	}
}

/** Replicas that drift apart, each with an outage, for a while both at once. */
const pending = ["a", "b"].map((instance, i) => {
	const of = walk(20, 4, 0, 40)
	return scraped("autonomous_reviews_pending", { instance, job: "autonomous" }, (n) => {
		const value = of(n)
		return between(n, 300 + 20 * i, 360 + 60 * i) ? undefined : Math.round(value)
	})
})
/** New-born after 25 minutes, with resets and an outage. */
const deadlocks = (() => {
	let count = 0
	return scraped("autonomous_database_deadlocks_total", { instance: "a", job: "health" }, (n) => {
		count = n === 400 || n === 640 ? 0 : count + (random() < 0.06 ? 1 + Math.floor(random() * 3) : 0)
		return n < 100 || between(n, 500, 545) ? undefined : count
	})
})()
const size = (() => {
	const noise = walk(0, 4e7, -2e8, 2e8)
	return scraped("autonomous_database_size_bytes", { instance: "a", job: "health" }, (n) =>
		n < 150 ? undefined : Math.round(3e9 + 2e9 * Math.sin(n / 120) + noise(n)),
	)
})()
const probe = (() => {
	const of = walk(1, 0.3, 0, 2)
	return scraped("autonomous:database_probe:mean5m", {}, (n) => {
		const value = of(n)
		return between(n, 330, 480) ? undefined : value
	})
})()
const memory = ["builder", "tester"].map((worker, i) => {
	const of = walk(1.2e9, 2e8, 6e8, 1.9e9)
	return scraped("autonomous_worker_resident_memory_bytes", { worker, instance: "a", job: "health" }, (n) => {
		const value = of(n)
		return between(n, 200 * i, 420 * i) ? undefined : Math.round(value)
	})
})
/** A state set on two replicas; the second learns of a change a minute later. */
const database = ["healthy", "degraded", "unhealthy"].flatMap((status, s) =>
	["a", "b"].map((instance, i) =>
		scraped("autonomous_component_status", { component: "database", status, instance, job: "health" }, (n) =>
			between(n, 600, 640) ? undefined : Number(Math.floor(Math.max(0, n - 4 * i) / 45) % 3 === s),
		),
	),
)
const servers = ["connected", "disconnected", "error"].flatMap((status, s) =>
	["github", "files"].map((server, i) =>
		scraped("autonomous_mcp_server_status", { server, status, instance: "a", job: "health" }, (n) =>
			i === 1 && n < 300 ? undefined : Number((Math.floor(n / (40 + 15 * i)) % 4) - 1 === s || (s === 0 && n % 97 < 9)),
		),
	),
)
/** Requests that get slower and faster again; one server has none for an hour. */
const BOUNDS = ["0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"]
const durations = ["github", "files"].flatMap((server, i) => {
	const took = Array.from({ length: SCRAPES }, (_, n) =>
		Array.from(
			{ length: i === 1 && between(n, 400, 640) ? 0 : Math.floor(random() * 4) },
			() => random() * (1 + 9 * Math.abs(Math.sin(n / 90))) ** 1.2,
		),
	)
	return BOUNDS.map((le) => {
		let count = 0
		return scraped(
			"autonomous_mcp_request_duration_seconds_bucket",
			{ server, le, instance: "a", job: "health" },
			(n) => {
				count += (took[n] ?? []).filter((seconds) => le === "+Inf" || seconds <= Number(le)).length
				return count
			},
		)
	})
})
const stops = (() => {
	let count = 0
	return scraped("autonomous_events_total", { type: "emergency_stop", instance: "a", job: "autonomous" }, (n) => {
		if (n === 700) count = 0
		else if ([90, 95, 260, 261, 550, 720].includes(n)) count++
		return count
	})
})()
const failures = scraped("autonomous:sessions_failed:ratio_increase15m", {}, (n) =>
	between(n, 100, 180) ? undefined : Number((0.5 + 0.5 * Math.sin(n / 25)).toFixed(3)),
)
const finished = scraped("autonomous:sessions_finished:increase15m", {}, (n) =>
	Math.max(0, Math.round(4 + 5 * Math.sin(n / 60))),
)

/** The elements for which a condition holds at an instant; `it` where there is one only. */
type Holding = (now: number) => readonly string[]
const single =
	(holds: (now: number) => boolean): Holding =>
	(now) =>
		holds(now) ? ["it"] : []
const each =
	<T>(elements: readonly (readonly [string, T])[], holds: (of: T, now: number) => boolean): Holding =>
	(now) =>
		elements.flatMap(([name, of]) => (holds(of, now) ? [name] : []))
const above = (value: number | undefined, limit: number) => value !== undefined && value > limit
const below = (value: number | undefined, limit: number) => value !== undefined && value < limit

const pendingNow = (now: number) => highest(pending.map((series) => newest(series, now)))
const pendingOver = (how: "avg" | "min" | "max") => (now: number) =>
	highest(pending.map((series) => over(how, series, now, 10 * MINUTE)))
/** Whether any replica reports a state; undefined when none reports it either way. */
const reports = (of: readonly Sampled[], status: string, now: number) =>
	highest(of.filter(({ labels }) => labels.status === status).map((series) => newest(series, now)))
const byServer = (of: readonly Sampled[]) =>
	["files", "github"].map((server) => [server, of.filter(({ labels }) => labels.server === server)] as const)
const byWorker = memory.map((series) => [series.labels.worker ?? "", series] as const)
const known = (now: number) => memory.map((series) => newest(series, now)).filter((value) => value !== undefined)

const CASES: readonly [condition: string, holding: Holding, more?: string][] = [
	["metrics.reviews.pending > 20", single((now) => above(pendingNow(now), 20))],
	["metrics.reviews.pending <= 12", single((now) => below(pendingNow(now), 12.5))],
	["metrics.reviews.pending == 15", single((now) => pendingNow(now) === 15)],
	["metrics.reviews.pending * 2 - 10 > 5 + 20", single((now) => above(pendingNow(now), 17.5))],
	["-metrics.reviews.pending < -25", single((now) => above(pendingNow(now), 25))],
	["avg(metrics.reviews.pending, 10m) > 22.51", single((now) => above(pendingOver("avg")(now), 22.51))],
	["min(metrics.reviews.pending, 10m) > 18", single((now) => above(pendingOver("min")(now), 18))],
	["max(metrics.reviews.pending, 10m) < 20", single((now) => below(pendingOver("max")(now), 20))],
	["increase(metrics.database.deadlockCount, 10m) > 5", single((now) => above(growth(deadlocks, now, 10 * MINUTE), 5))],
	["rate(metrics.database.deadlockCount, 10m) > 0.01", single((now) => above(growth(deadlocks, now, 10 * MINUTE), 6))],
	[
		"any(quantile(metrics.mcpServers.*.responseTime, 90%, 10m) > 4.03s)",
		each(byServer(durations), (buckets, now) => above(quantile(0.9, buckets, now, 10 * MINUTE), 4.03)),
	],
	[
		"predict(metrics.database.storageUsage, 2h, 40m) > 6GB",
		single((now) => above(predicted(size, now, 120 * MINUTE, 40 * MINUTE), 6e9)),
	],
	["health.database.status == 'unhealthy'", single((now) => reports(database, "unhealthy", now) === 1)],
	["health.database.status != 'healthy'", single((now) => reports(database, "healthy", now) === 0)],
	[
		"any(metrics.mcpServers.*.status != 'connected')",
		each(byServer(servers), (of, now) => reports(of, "connected", now) === 0),
	],
	[
		"metrics.mcpServers.github.status == 'error'",
		each(byServer(servers).slice(1), (of, now) => reports(of, "error", now) === 1),
	],
	["any(metrics.workers.*.memory > 1.2GB)", each(byWorker, (series, now) => above(newest(series, now), 1.2e9))],
	[
		"all(metrics.workers.*.memory > 1.2GB)",
		single((now) => known(now).length > 0 && known(now).every((bytes) => bytes > 1.2e9)),
	],
	[
		"metrics.reviews.pending > 20 && metrics.database.queryLatency > 1s",
		single((now) => above(pendingNow(now), 20) && above(newest(probe, now), 1)),
	],
	[
		"metrics.reviews.pending > 25 || metrics.database.queryLatency > 1.2s",
		single((now) => above(pendingNow(now), 25) || above(newest(probe, now), 1.2)),
	],
	["event.type == 'emergency_stop'", single((now) => above(growth(stops, now, 5 * MINUTE), 0))],
	[
		"metrics.sessions.failureRate > 50%",
		single((now) => above(newest(failures, now), 0.5) && above(newest(finished, now), 2.5)),
		"minimum_volume: 3",
	],
]

const past = () => {
	const names = [...new Set(all.map(({ name }) => name))]
	const lines = names.flatMap((name) => [
		`# TYPE ${name} unknown`,
		...all.flatMap((entry) => {
			if (entry.name !== name) return []
			const labels = Object.entries(entry.series.labels).map(([label, value]) => `${label}="${value}"`)
			return entry.series.samples.map(([at, value]) => `${name}{${labels.join(",")}} ${value} ${at}`)
		}),
	])
	return `${lines.join("\n")}\n# EOF\n`
}

function promqlOf(condition: string, more = ""): string {
	const entry = `{ name: x, condition: ${JSON.stringify(condition)}, channels: [ops]${more && `, ${more}`} }`
	const { file, diagnostics } = compileAlerts(createSource("one.yaml", `alerts:\n  warning:\n    - ${entry}\n`))
	const alert = file?.alerts[0]
	if (!alert) throw new Error(JSON.stringify(diagnostics))
	return renderTrigger(alert)
}

let prometheus: TestPrometheus
beforeAll(async () => {
	prometheus = await startPrometheus({}, { groups: [] }, past())
})
afterAll(() => prometheus?.stop())

/** For which elements the compiled condition fires, at each instant, as Prometheus sees it. */
async function firing(expr: string): Promise<string[]> {
	const end = START + (INSTANTS - 1) * STEP
	const result = (await prometheus.ask("query_range", {
		query: expr,
		start: String(START),
		end: String(end),
		step: String(STEP),
	})) as { metric: Record<string, string>; values: [number, string][] }[]
	const at = Array.from({ length: INSTANTS }, (): string[] => [])
	for (const { metric, values } of result)
		for (const [seconds] of values) at[(seconds - START) / STEP]?.push(metric.server ?? metric.worker ?? "it")
	return at.map((names) => names.sort().join(" "))
}

describe("a compiled condition", () => {
	it.each(CASES)(
		"%s fires in Prometheus exactly when it holds by our own reference evaluator",
		async (condition, holding, more) => {
			const calculated = Array.from({ length: INSTANTS }, (_, i) => [...holding(START + i * STEP)].sort().join(" "))
			expect(await firing(promqlOf(condition, more))).toEqual(calculated)
			// A case that always or never holds would prove nothing.
			expect(new Set(calculated).size).toBeGreaterThan(1)
		},
	)

	it("is here for each function and operator of the language", () => {
		const written = CASES.map(([condition, , more]) => `${condition} ${more ?? ""}`).join("\n")
		for (const word of ["avg", "min", "max", "increase", "rate", "quantile", "predict", "any", "all"])
			expect(written).toContain(`${word}(`)
		for (const word of ["==", "!=", "&&", "||", "<=", "event.type", "minimum_volume", " * ", " - ", " + "])
			expect(written).toContain(word)
	})
})
