import { SERIES } from "../../core/catalogue/index.ts"
import { binomial, logNormal, poisson } from "../../demo/past/draw.ts"
import { createTimeline } from "../../demo/past/timeline.ts"
import { type Random, seededRandom } from "../../demo/work/random.ts"
import type { Column } from "./columns.ts"
import { SERVERS, VIEWS, WORKERS } from "./kinds/health.ts"
import { COLLECTORS, INTEGRATIONS, RULE_GROUPS } from "./kinds/observatory.ts"
import { HOUR, STEP, timeOf, type World } from "./world.ts"

const SESSIONS_PER_HOUR = 46
/** US dollars of a session: about 25 a day, half of the budget. */
const SESSION_COST = 0.025
/** Scrapes between two kept samples of series that only windows of an hour and more read. */
const SLOW = 4
const EXPORTERS = { instance: "exporters:9464" }
const WEBHOOK = { instance: "alert-webhook:9099", job: "alert-webhook" }
const COMPONENTS = ["database", "mcp_servers", "opentelemetry", "github_actions"] as const
const STATUSES = ["healthy", "degraded", "unhealthy"] as const
const PER_HOUR = { everything: 980, memory: 640, files: 300 } as const
const SECONDS = { everything: 0.035, memory: 0.018, files: 0.05 } as const

/** What labels need besides the series: the true cost and compliance of each step. */
export interface Facts {
	readonly cost: Float64Array
	readonly started: Float64Array
	readonly violating: Float64Array
}

/** The series that Prometheus scrapes from such a system, whose model is that of the demo's past. */
export function seriesOf(world: World, seed: number): { columns: Column[]; facts: Facts } {
	const { scrapes } = world
	const columns: Column[] = []
	const usual = (name: string, value: number) => {
		const set = world.levels.get(name)
		return (i: number) => {
			const level = set?.[i] ?? Number.NaN
			return Number.isNaN(level) ? value : level
		}
	}
	const happened = (name: string) => world.events.get(name) ?? new Float64Array(scrapes.count)
	const up = { exporters: usual("up.exporters", 1), webhook: usual("up.webhook", 1) }
	let streams = 0
	// A stream of its own for each series: a new one leaves the others as they are.
	const stream = () => seededRandom(seed + Math.imul(++streams, 0x9e3779b1))
	const made = (value: (i: number) => number) => Float64Array.from({ length: scrapes.count }, (_, i) => value(i))
	const add = (name: string, labels: Column["labels"], values: Float64Array, every = 1) => {
		const scraped = labels.job === "alert-webhook" ? up.webhook : labels.job === "prometheus" ? () => 1 : up.exporters
		columns.push({
			name,
			labels,
			every,
			values: name === "up" ? values : values.map((value, i) => (scraped(i) === 1 ? value : Number.NaN)),
		})
	}
	const of = (job: string) => ({ ...EXPORTERS, job })
	const counter = (name: string, labels: Column["labels"], steps: Float64Array, every = 1) => {
		let sum = 0
		add(
			name,
			labels,
			steps.map((count) => (sum += count)),
			every,
		)
	}
	/** Counters of the exporters' own process, which start again with it. */
	const volatile = (name: string, labels: Column["labels"], steps: Float64Array) => {
		let sum = 0
		const values = steps.map((count, i) => (sum = up.exporters(i) === 1 ? sum + count : 0))
		add(name, labels, values)
	}

	for (const job of ["health", "autonomous", "safety", "business"]) add("up", { ...EXPORTERS, job }, made(up.exporters))
	add("up", WEBHOOK, made(up.webhook))

	const { activity } = createTimeline(seed, { start: scrapes.start, step: STEP, count: scrapes.count })
	const facts = sessions()
	health()
	servers()
	observatory()
	return { columns, facts }

	function sessions(): Facts {
		const random = stream()
		const pace = usual("sessions.pace", 1)
		const failing = usual("sessions.failing", 0.035)
		const cost = usual("sessions.cost", 1)
		const violating = usual("sessions.violating", 0.004)
		const forced = happened("session.failed")
		const started = made((i) => {
			const perHour = SESSIONS_PER_HOUR * activity(timeOf(scrapes, i)) * pace(i)
			return poisson(random, (perHour * STEP) / HOUR) + (forced[i] ?? 0)
		})
		const failed = made((i) => {
			const extra = forced[i] ?? 0
			return extra + binomial(random, (started[i] ?? 0) - extra, failing(i))
		})
		const late = made((i) => binomial(random, (started[i] ?? 0) - (failed[i] ?? 0), 0.006))
		const completed = made((i) => (started[i] ?? 0) - (failed[i] ?? 0) - (late[i] ?? 0))
		const none = new Float64Array(scrapes.count)
		const job = of("autonomous")
		for (const [outcome, steps] of Object.entries({ completed, failed, timeout: late, emergency_stopped: none }))
			counter("autonomous_sessions_finished_total", { ...job, outcome }, steps)
		counter("autonomous_sessions_started_total", job, started, SLOW)
		const spent = made((i) => {
			const count = started[i] ?? 0
			return count === 0 ? 0 : logNormal(random, count * SESSION_COST * cost(i), 0.5 / Math.sqrt(count))
		})
		counter("autonomous_session_cost_usd_total", { ...job, model: "claude-haiku-4-5" }, spent, SLOW)
		const unpriced = usual("cost.unpriced", Number.NaN)
		add("autonomous_session_unpriced_tokens", { ...job, model: "new-model" }, made(unpriced))
		for (const [type, steps] of Object.entries({
			analysis_session_complete: completed,
			improvement_deployed: happened("improvement.deployed"),
			emergency_stop: happened("event.emergency_stop"),
		}))
			counter("autonomous_events_total", { ...job, type }, steps)
		for (const stage of ["deployed", "rolled_back"])
			counter("autonomous_improvements_total", { ...job, stage }, happened(`improvement.${stage}`), SLOW)
		const waiting = usual("sessions.waiting", 0)
		add("autonomous_session_state_longest_seconds", { ...job, state: "waiting" }, made(waiting))
		const looping = usual("sessions.looping", 0)
		add("autonomous_sessions_by_state", { ...job, state: "looping" }, made(looping))

		const limits = made((i) => binomial(random, started[i] ?? 0, violating(i)))
		const safety = of("safety")
		const kinds = ["read_only", "scope", "resource_limit", "timeout"] as const
		const violations = kinds.map((kind) => ({
			kind,
			steps: happened(`violation.${kind}`).map((count, i) => count + (kind === "timeout" ? (limits[i] ?? 0) : 0)),
		}))
		for (const { kind, steps } of violations) counter("autonomous_violations_total", { ...safety, kind }, steps)
		const sessions = made((i) => violations.reduce((sum, { steps }) => sum + (steps[i] ?? 0), 0))
		counter("autonomous_sessions_violating_total", safety, sessions, SLOW)
		add("autonomous_reviews_pending", safety, made(pending(stream())))
		counter("autonomous_rollbacks_total", { ...safety, trigger: "automatic" }, happened("rollback"), SLOW)
		counter(
			"autonomous_rollback_failures_total",
			{ ...safety, trigger: "automatic" },
			happened("rollback.failed"),
			SLOW,
		)
		return { cost: spent, started, violating: sessions }
	}

	/** Reviews arrive and are decided; a pile is set. */
	function pending(random: Random): (i: number) => number {
		const set = usual("reviews.pending", Number.NaN)
		let waiting = 6
		return (i) => {
			if (random.chance(0.02)) waiting = Math.min(15, Math.max(0, waiting + random.int(-2, 2)))
			return Number.isNaN(set(i)) ? waiting : set(i)
		}
	}

	function health(): void {
		const job = of("health")
		for (const component of COMPONENTS) {
			const level = usual(`health.${component}`, 0)
			STATUSES.forEach((status, rank) => {
				add(
					"autonomous_component_status",
					{ ...job, component, status },
					made((i) => (level(i) === rank ? 1 : 0)),
				)
			})
		}
		const random = stream()
		const seconds = usual("database.seconds", 0.004)
		const database = usual("health.database", 0)
		const probes = made((i) => (database(i) === 2 ? 0 : 1))
		const took = made((i) => (probes[i] ?? 0) * logNormal(random, seconds(i), 0.5))
		volatile("autonomous_database_probe_duration_seconds_count", job, probes)
		volatile("autonomous_database_probe_duration_seconds_sum", job, took)
		const connections = usual("database.connections", Number.NaN)
		const active = made((i) => (Number.isNaN(connections(i)) ? random.int(4, 30) : connections(i) - 10))
		add("autonomous_database_connections", { ...job, state: "active" }, active)
		add(
			"autonomous_database_connections",
			{ ...job, state: "idle" },
			made(() => 10),
		)
		add(
			"autonomous_database_connections_max",
			job,
			made(() => 100),
		)
		const grown = usual("database.grown", 0)
		const size = made((i) => 8e9 + (i * STEP * 20e6) / 86_400 + grown(i) + random.int(0, 2_000_000))
		add("autonomous_database_size_bytes", job, size, SLOW)
		counter("autonomous_database_deadlocks_total", job, happened("database.deadlock"))

		const spans = stream()
		const dropping = usual("telemetry.dropped", 0)
		const received = made((i) => poisson(spans, 20 * activity(timeOf(scrapes, i))))
		volatile("autonomous_telemetry_spans_received_total", job, received)
		volatile(
			"autonomous_telemetry_spans_dropped_total",
			job,
			made((i) => binomial(spans, received[i] ?? 0, dropping(i))),
		)
		const buffer = usual("telemetry.buffer", Number.NaN)
		const utilization = made((i) => (Number.isNaN(buffer(i)) ? spans.between(0.01, 0.25) : buffer(i)))
		add("autonomous_telemetry_buffer_utilization_ratio", job, utilization)
		const errors = usual("telemetry.errors", 0.5)
		const refused = made((i) => poisson(spans, (errors(i) * STEP) / HOUR))
		volatile("autonomous_telemetry_export_errors_total", { ...job, reason: "malformed" }, refused)
		for (const worker of WORKERS) {
			const running = usual(`worker.${worker}.up`, 1)
			const memory = usual(`worker.${worker}.memory`, Number.NaN)
			add("autonomous_worker_up", { ...job, worker }, made(running))
			const resident = made((i) => {
				const bytes = Number.isNaN(memory(i)) ? random.between(0.6e9, 1.5e9) : memory(i)
				return running(i) === 1 ? Math.round(bytes) : Number.NaN
			})
			add("autonomous_worker_resident_memory_bytes", { ...job, worker }, resident)
		}
	}

	function servers(): void {
		const job = of("health")
		const bounds = SERIES.find(({ name }) => name === "autonomous_mcp_request_duration_seconds")?.buckets ?? []
		for (const server of SERVERS) {
			const random = stream()
			const down = usual(`mcp.${server}.down`, 0)
			const erring = usual(`mcp.${server}.errors`, 0.006)
			const seconds = usual(`mcp.${server}.seconds`, SECONDS[server])
			const requests = made((i) => poisson(random, (PER_HOUR[server] * activity(timeOf(scrapes, i)) * STEP) / HOUR))
			const labels = { ...job, server }
			volatile("autonomous_mcp_requests_total", labels, requests)
			volatile(
				"autonomous_mcp_request_errors_total",
				labels,
				made((i) => binomial(random, requests[i] ?? 0, erring(i))),
			)
			volatile(
				"autonomous_mcp_probes_total",
				labels,
				made(() => 1),
			)
			volatile("autonomous_mcp_probe_errors_total", labels, made(down))
			for (const status of ["connected", "disconnected", "error"])
				add(
					"autonomous_mcp_server_status",
					{ ...labels, status },
					made((i) => (status === (down(i) === 1 ? "disconnected" : "connected") ? 1 : 0)),
				)
			const buckets = [...bounds, Number.POSITIVE_INFINITY].map(() => new Float64Array(scrapes.count))
			for (let i = 0; i < scrapes.count; i++)
				for (let n = requests[i] ?? 0; n > 0; n--) {
					const took = logNormal(random, seconds(i), 0.5)
					const at = bounds.findIndex((bound) => took <= bound)
					for (const bucket of buckets.slice(at < 0 ? bounds.length : at)) bucket[i] = (bucket[i] ?? 0) + 1
				}
			buckets.forEach((steps, b) => {
				const le = b < bounds.length ? String(bounds[b]) : "+Inf"
				volatile("autonomous_mcp_request_duration_seconds_bucket", { ...labels, le }, steps)
			})
		}
	}

	function observatory(): void {
		const job = of("health")
		for (const collector of [...VIEWS, ...COLLECTORS])
			add("observatory_collector_success", { ...job, collector }, made(usual(`collector.${collector}`, 1)))
		const clock = (level: string, age: (i: number) => number) => {
			const frozen = usual(level, Number.NaN)
			return made((i) => (Number.isNaN(frozen(i)) ? timeOf(scrapes, i) - age(i) : frozen(i)))
		}
		const minute = (i: number) => (i % 4) * STEP
		const heartbeat = clock("heartbeat", minute)
		add("observatory_heartbeat_last_received_timestamp_seconds", { ...WEBHOOK, alertname: "watchdog" }, heartbeat)
		add("observatory_gate_self_test_last_success_timestamp_seconds", WEBHOOK, clock("gate", minute))
		add("observatory_pages_unsent", WEBHOOK, made(usual("pages.unsent", 0)))
		add("observatory_page_silences", WEBHOOK, made(usual("pages.silences", 0)))
		add("autonomous_stoppable_ratio", WEBHOOK, made(usual("stoppable", 1)))
		for (const kind of ["chain", "triggers"])
			add("observatory_audit_faults", { ...WEBHOOK, kind }, made(usual(`audit.${kind}`, 0)))
		counter("observatory_escalations_late_total", WEBHOOK, happened("escalation.late"))
		const silent = usual("usage.silent", 0)
		add("autonomous_usage_silent_sessions", { ...of("autonomous"), source: "telemetry" }, made(silent))
		add(
			"autonomous_usage_silent_sessions",
			{ ...of("autonomous"), source: "transcripts" },
			made(() => 0),
		)
		const random = stream()
		const missing = usual("usage.missing", Number.NaN)
		const lacks = { telemetry: missing, transcripts: () => Number.NaN }
		for (const source of ["telemetry", "transcripts"] as const) {
			const labels = { ...of("autonomous"), source }
			const lacking = made((i) => (Number.isNaN(lacks[source](i)) ? random.int(0, 8_000) : lacks[source](i)))
			add("autonomous_usage_missing_tokens", labels, lacking)
			add(
				"autonomous_usage_compared_tokens",
				labels,
				made(() => 1_000_000),
			)
		}
		const organisation = usual("organisation.missing", Number.NaN)
		const lacking = made((i) => (Number.isNaN(organisation(i)) ? random.int(0, 40_000) : organisation(i)))
		add("autonomous_organisation_missing_tokens", of("autonomous"), lacking)
		add(
			"autonomous_organisation_tokens",
			of("autonomous"),
			made(() => 1_000_000),
		)
		const folded = { ...job, series: "autonomous_mcp_requests_total", label: "server" }
		counter("observatory_label_values_folded_total", folded, happened("label.folded"))
		for (const signal of ["span", "log_record"]) {
			const store = { ...job, signal }
			const lost = happened(`store.lost.${signal}`)
			counter("autonomous_telemetry_store_dropped_total", { ...store, reason: "buffer_full" }, lost)
			for (const reason of ["age", "size"]) {
				const dropped = happened(`store.${reason}.${signal}`)
				counter("autonomous_telemetry_store_partitions_dropped_total", { ...store, reason }, dropped)
			}
		}
		for (const integration of INTEGRATIONS)
			counter(
				"alertmanager_notifications_failed_total",
				{ job: "prometheus", instance: "alertmanager:9093", integration },
				happened(`notifications.${integration}`),
			)
		for (const rule_group of RULE_GROUPS)
			counter(
				"prometheus_rule_evaluation_failures_total",
				{ job: "prometheus", instance: "prometheus:9090", rule_group },
				happened(`rules.${rule_group}`),
			)
	}
}
