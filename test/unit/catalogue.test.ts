import { readdirSync } from "node:fs"
import path from "node:path"
import { parser } from "@prometheus-io/lezer-promql"
import { describe, expect, it } from "vitest"
import { PATHS, RECORDINGS, SERIES } from "../../core/catalogue/index.ts"
import { isAdditive, promql, total } from "../../core/catalogue/promql.ts"
import { mcpRequests } from "../../core/catalogue/subjects/mcp.ts"
import { collectorSuccess } from "../../core/catalogue/subjects/observatory.ts"
import { OUTCOMES } from "../../core/catalogue/subjects/outcomes.ts"
import { ACTIVE_STATES, FINAL_STATES, sessionsStarted } from "../../core/catalogue/subjects/sessions.ts"
import {
	OTHER,
	type PromQL,
	type Quantity,
	type RecordingSpec,
	type SeriesSpec,
	type Vector,
} from "../../core/catalogue/types.ts"
import { columnsOf, OUTCOME_KINDS, VIEW_NAMES } from "../../core/db/contract/views.ts"

const UNIT: Partial<Record<Quantity, string>> = {
	seconds: "_seconds",
	bytes: "_bytes",
	ratio: "_ratio",
	usd: "_usd",
	timestamp: "_timestamp_seconds",
}

const repeated = (values: readonly string[]) => values.filter((value, i) => values.indexOf(value) !== i)

const SUBJECTS = path.resolve(import.meta.dirname, "../../core/catalogue/subjects")

describe("the series of the catalogue", () => {
	it("are all that the subjects declare", async () => {
		const listed = new Set<unknown>([...SERIES, ...RECORDINGS])
		const isSeries = (value: unknown) =>
			typeof value === "object" && value !== null && "name" in value && "help" in value
		for (const file of readdirSync(SUBJECTS)) {
			const declared = Object.entries((await import(path.join(SUBJECTS, file))) as Record<string, unknown>)
			const missing = declared.filter(([, value]) => isSeries(value) && !listed.has(value))
			expect(
				missing.map(([name]) => name),
				`${file} does not list`,
			).toEqual([])
		}
	})

	it("have one name each, ours, in lower case", () => {
		expect(repeated([...SERIES, ...RECORDINGS].map(({ name }) => name))).toEqual([])
		expect(SERIES.filter(({ name }) => !/^(autonomous|observatory)(_[a-z0-9]+)+$/.test(name))).toEqual([])
	})

	it("that are counters, and only they, end in _total", () => {
		expect(SERIES.filter(({ name, type }) => name.endsWith("_total") !== (type === "counter"))).toEqual([])
	})

	it("carry their unit in the name", () => {
		const wrong = SERIES.filter(({ name, quantity }) => {
			const unit = UNIT[quantity]
			return unit !== undefined && !name.replace(/_total$/, "").endsWith(unit)
		})
		expect(wrong.map(({ name }) => name)).toEqual([])
	})

	it("have buckets exactly when they are histograms, ascending", () => {
		for (const { name, type, buckets } of SERIES) {
			expect(buckets !== undefined, name).toBe(type === "histogram")
			expect(
				[...(buckets ?? [])].sort((a, b) => a - b),
				name,
			).toEqual(buckets ?? [])
			expect(repeated((buckets ?? []).map(String)), name).toEqual([])
		}
	})

	it("say what they mean in a sentence", () => {
		expect(SERIES.filter(({ help }) => !/^[A-Z0-9].{15,}[.)]$/.test(help)).map(({ name }) => name)).toEqual([])
	})

	it("use no label name that Prometheus or a histogram keeps for itself, and no value twice", () => {
		for (const { name, labels } of SERIES)
			for (const [label, spec] of Object.entries(labels)) {
				expect(["le", "quantile", "job", "instance", "__name__"], name).not.toContain(label)
				expect(label, name).toMatch(/^[a-z][a-z_]*$/)
				if (spec.kind === "enum") expect(repeated(spec.values), name).toEqual([])
				else expect(spec.max, name).toBeGreaterThan(0)
			}
	})

	it("can never be more than ten thousand label sets each, whatever a source sends", () => {
		const size = ({ labels }: SeriesSpec) =>
			Object.values(labels).reduce((n, spec) => n * (spec.kind === "enum" ? spec.values.length : spec.max + 1), 1)
		const folded = "observatory_label_values_folded_total"
		expect(SERIES.filter((spec) => spec.name !== folded && size(spec) > 10_000).map(({ name }) => name)).toEqual([])
	})
})

/** What is wrong with a reference to a catalogued thing. */
function faults({ of, matchers = {} }: Vector): string[] {
	if (of.kind === "recording")
		return [
			...(RECORDINGS.includes(of) ? [] : [`${of.name} is no recording`]),
			...Object.keys(matchers).filter((label) => !of.labels.includes(label)),
		]
	const values = Object.entries(matchers).filter(([label, value]) => {
		const spec = of.labels[label]
		return spec === undefined || (spec.kind === "enum" && value !== OTHER && !spec.values.includes(value))
	})
	return [...(SERIES.includes(of) ? [] : [`${of.name} is no series`]), ...values.map(([label]) => label)]
}

describe("the recordings of the catalogue", () => {
	it("are made from catalogued things alone, and name no metric besides", () => {
		for (const { name, expr } of RECORDINGS) {
			for (const ref of expr.refs) expect(faults({ of: ref }), name).toEqual([])
			const named = [
				...expr.text.matchAll(/\b(?:autonomous|observatory)[_:][a-z0-9_:]+|\b[a-z]+:autonomous_[a-z0-9_:]+/g),
			]
			const known = new Set(
				[...expr.refs].flatMap((ref) => [ref.name, `${ref.name}_sum`, `${ref.name}_count`, `${ref.name}_bucket`]),
			)
			expect(
				named.map(([text]) => text).filter((text) => !known.has(text)),
				name,
			).toEqual([])
		}
	})

	it("say their formula and look back exactly as far as their window says", () => {
		for (const { name, formula, window, expr } of RECORDINGS) {
			expect(formula, name).not.toBe("")
			const ranges = [...expr.text.matchAll(/\[([0-9a-z]+)\]/g)].map(([, range]) => range)
			for (const range of ranges) expect(range, name).toBe(window)
		}
	})

	it("do not refer to themselves, however indirectly", () => {
		for (const start of RECORDINGS) {
			const open = [...start.expr.refs]
			const seen = new Set<SeriesSpec | RecordingSpec>()
			for (const ref of open) {
				seen.add(ref)
				if (ref.kind === "recording") for (const next of ref.expr.refs) if (!seen.has(next)) open.push(next)
			}
			expect(seen.has(start), start.name).toBe(false)
		}
	})
})

describe("the paths of the catalogue", () => {
	it("are unique and lead to catalogued things with labels that those have", () => {
		expect(repeated(PATHS.map(({ path }) => path))).toEqual([])
		for (const { path, value, counter, histogram, volume } of PATHS)
			for (const vector of [value, counter, histogram, volume]) if (vector) expect(faults(vector), path).toEqual([])
	})

	it("have the quantity of what they lead to", () => {
		expect(PATHS.filter(({ quantity, value }) => quantity !== value.of.quantity).map(({ path }) => path)).toEqual([])
	})

	it("cover every field of the strategy's four interfaces", () => {
		const fields = `
			health.*.status health.*.latency overall_health_score uptime_percentage monthly_improvements_deployed safety_compliance_rate
			metrics.database.{connectionCount,queryLatency,storageUsage,deadlockCount}
			metrics.telemetry.{spanProcessingRate,spanDropRate,exporterErrors,bufferUtilization}
			metrics.mcpServers.*.{status,responseTime,errorRate,requestCount}
			metrics.sessions.{total,active,completed,failed,failureRate,averageDuration}
			metrics.sessions.tokenUsage.{input,output,cost}
			metrics.analysis.{insightsGenerated,patternsIdentified,recommendationsProposed,confidenceScores}
			metrics.improvements.{proposed,validated,deployed,rolledBack,performanceGain}
			metrics.violations.{readOnlyViolations,scopeViolations,resourceLimitViolations,timeoutViolations,total}
			metrics.reviews.{pending,approved,rejected,averageReviewTime}
			metrics.rollbacks.{automatic,manual,successRate,averageRecoveryTime}
			metrics.codeQuality.{testPassRate,lintErrorReduction,performanceImprovement,reliabilityScore}
			metrics.mcpOptimization.{queryEfficiency,responseTimeReduction,costSavings,accuracyImprovement}
			metrics.developerExperience.{taskCompletionTime,errorRate,userSatisfaction}`
		const wanted = fields
			.trim()
			.split(/\s+/)
			.flatMap((field) => {
				const [, stem = field, names] = /^(.*)\{(.*)\}$/.exec(field) ?? []
				return names === undefined ? [field] : names.split(",").map((name) => stem + name)
			})
		const known = new Set(PATHS.map(({ path }) => path))
		expect(wanted).toHaveLength(60)
		expect(wanted.filter((path) => !known.has(path))).toEqual([])
	})
})

describe("the catalogue and the contract", () => {
	it("know the same kinds of outcomes", () => {
		expect(OUTCOMES.filter((kind) => kind !== "other")).toEqual(Object.keys(OUTCOME_KINDS))
	})

	it("agree on the columns that histograms observe, which are numbers and optional, and need no labels", () => {
		const measured = SERIES.filter(({ column }) => column !== undefined)
		expect(measured.length).toBeGreaterThan(0)
		for (const { name, type, labels, emitter, column = "" } of measured) {
			const view = VIEW_NAMES.find((known) => column.startsWith(`${known}.`))
			expect({ type, labels, emitter }, name).toEqual({ type: "histogram", labels: {}, emitter: view })
			const declared = view && columnsOf(view)[column.slice(view.length + 1)]
			expect(["bigint", "integer", "double precision", "numeric"], name).toContain(declared?.type)
			expect(declared?.optional, name).toBe(true)
		}
	})

	it("share no state between sessions that work and sessions that have ended", () => {
		expect(ACTIVE_STATES.filter((state) => FINAL_STATES.some((final) => final === String(state)))).toEqual([])
	})
})

/** Selectors of series that every replica reports in full, added up or counted without having been made one before. */
function countedTwice({ text, refs }: PromQL): string[] {
	const shared = new Set(
		[...refs].flatMap((of) =>
			of.kind === "series" && !isAdditive(of)
				? [of.name, `${of.name}_sum`, `${of.name}_count`, `${of.name}_bucket`]
				: [],
		),
	)
	const found: string[] = []
	parser.parse(text).iterate({
		enter({ node }) {
			const name = node.name === "VectorSelector" ? node.getChild("Identifier") : undefined
			if (!name || !shared.has(text.slice(name.from, name.to))) return
			for (let around = node.parent; around; around = around.parent) {
				if (around.name !== "AggregateExpr") continue
				const aggregate = text.slice(around.from, around.to)
				if (/^(?:max|min) /.test(aggregate) || /^(?:max|min)\(/.test(aggregate)) return
				if (/^sum (?:by \([^)]*\binstance\b|without \((?!instance|job))/.test(aggregate)) continue
				found.push(aggregate)
				return
			}
		},
	})
	return found
}

describe("replicas", () => {
	it("that read one source are counted once by every recording", () => {
		for (const { name, expr } of RECORDINGS) expect(countedTwice(expr), name).toEqual([])
	})

	it("are distinguished from receivers that share what they are sent", () => {
		expect(total(promql`${sessionsStarted}`).text).toBe(
			"sum(max without (instance, job) (autonomous_sessions_started_total))",
		)
		expect(total(promql`${mcpRequests}`, ["server"]).text).toBe("sum by (server) (autonomous_mcp_requests_total)")
		expect(total(promql`${collectorSuccess}`).text).toBe("sum(max without (job) (observatory_collector_success))")
		expect(countedTwice(promql`sum(increase(${sessionsStarted}[1d]))`)).toHaveLength(1)
		expect(countedTwice(promql`sum by (kind) (${sessionsStarted})`)).toHaveLength(1)
		expect(countedTwice(promql`sum(increase(${mcpRequests}[1d]))`)).toEqual([])
	})
})
