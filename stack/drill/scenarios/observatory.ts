import { EVERYTHING } from "../assess/schedule.ts"
import { fault, quiet, type World } from "../scenario.ts"
import { WORKER } from "../world/names.ts"

const alone = { breaks: [EVERYTHING], uses: [] } as const

const signal = (world: World, part: string, name: NodeJS.Signals) => process.kill(world.stack.pidOf(part), name)

const STORM = 5_000
const STORM_ALERT = "drill_storm"

/** Alerts that end by themselves at this time, as Prometheus sends them. */
const storm = (startsAt: Date, endsAt: Date) =>
	Array.from({ length: STORM }, (_, i) => ({
		labels: {
			alertname: STORM_ALERT,
			severity: "warning",
			component: "drill",
			element: String(i),
			channels: ",slack-ops,",
		},
		annotations: { summary: "A drill" },
		startsAt: startsAt.toISOString(),
		endsAt: endsAt.toISOString(),
	}))

async function countStorm(world: World): Promise<readonly string[]> {
	const [row] = await world.own(
		`select count(*)::int as all, count(distinct fingerprint)::int as different, count(*) filter (where status = 'firing')::int as open
			from observatory.incidents where alertname = $1`,
		[STORM_ALERT],
	)
	const { all, different, open } = row as { all: number; different: number; open: number }
	return [
		...(different < STORM ? [`${STORM - different} of ${STORM} alerts have no incident`] : []),
		...(all > different ? [`${all - different} incidents are doubled`] : []),
		...(open > 0 ? [`${open} incidents are still open`] : []),
	]
}

async function until(world: World, holds: () => Promise<boolean>, withinMs: number): Promise<boolean> {
	for (let waited = 0; waited < withinMs; waited += 2_000) {
		if (await holds().catch(() => false)) return true
		await world.sleep(2_000)
	}
	return false
}

export const OBSERVATORY = [
	fault({
		...alone,
		name: "exporters-killed",
		about: "The exporters are stopped.",
		expects: [{ alert: "exporter_down" }],
		inject: async (world) => void (await world.stack.pause("exporters")),
		repair: (world) => world.stack.repair("exporters"),
	}),
	fault({
		...alone,
		name: "exporters-frozen",
		about: "The exporters are frozen: their port accepts connections, and no scrape is answered.",
		expects: [{ alert: "exporter_down" }],
		inject: async (world) => void signal(world, "exporters", "SIGSTOP"),
		repair: async (world) => void signal(world, "exporters", "SIGCONT"),
	}),
	fault({
		...alone,
		name: "webhook-down",
		about: "alert-webhook is stopped until Alertmanager itself has notified people.",
		alongside: ["gate_unproven", "stop_incomplete", "heartbeat_lost"],
		expects: [{ alert: "webhook_down" }],
		async inject(world) {
			const before = world.outside.accepted()
			await world.stack.pause("webhook")
			await until(world, async () => world.outside.accepted() > before, 240_000)
			await world.stack.repair("webhook")
			return undefined
		},
	}),
	fault({
		...alone,
		name: "prometheus-restarted",
		about: "Prometheus is restarted while an alert is pending.",
		expects: [{ alert: "worker_down", labels: { worker: WORKER }, remediation: "succeeded", promisedMs: 280_000 }],
		async inject(world) {
			await world.worker.kill()
			await world.sleep(70_000)
			await world.stack.repair("prometheus")
			return undefined
		},
		restore: (world) => world.worker.restart(),
	}),
	fault({
		...alone,
		name: "prometheus-down",
		about: "Prometheus is stopped: no rule can fire, and alert-webhook pages by itself that the heartbeat is lost.",
		expects: [],
		alongside: ["heartbeat_lost"],
		async inject(world, onRepair) {
			const from = new Date()
			await world.stack.pause("prometheus")
			onRepair(() => world.stack.repair("prometheus"))
			const isPaged = async () =>
				(await world.own("select from observatory.pages where kind = 'heartbeat' and sent_at > $1", [from])).length > 0
			// Five minutes by default, a minute between two heartbeats, and a minute between two looks.
			if (!(await until(world, isPaged, 450_000))) throw new Error("no page says that the heartbeat is lost")
			return undefined
		},
	}),
	fault({
		...alone,
		name: "alertmanager-down",
		about: "Alertmanager is away for a minute while a worker dies.",
		expects: [{ alert: "worker_down", labels: { worker: WORKER }, remediation: "succeeded" }],
		async inject(world) {
			await world.stack.pause("alertmanager")
			await world.worker.kill()
			await world.sleep(60_000)
			await world.stack.repair("alertmanager")
			return undefined
		},
		restore: (world) => world.worker.restart(),
	}),
	fault({
		...alone,
		name: "emergency-stop",
		about: "A person stops all sessions, and releases them later.",
		expects: [{ alert: "emergency_stopped" }],
		alongside: ["stop_incomplete"],
		inject: async (world) => void (await world.webhook.post("/api/control/stop", { reason: "a drill" })),
		repair: async (world) => void (await world.webhook.post("/api/control/release", { reason: "the drill has ended" })),
	}),
	fault({
		...alone,
		name: "storm",
		about: `${STORM} alerts fire at once and end after two minutes.`,
		expects: [],
		alongside: [STORM_ALERT],
		async inject(world) {
			const startsAt = new Date()
			await world.alertmanager("/api/v2/alerts", storm(startsAt, new Date(startsAt.getTime() + 120_000)))
			await until(world, async () => (await countStorm(world)).length === 0, 480_000)
			return undefined
		},
		check: countStorm,
	}),
	quiet({
		...alone,
		name: "stack-restarted",
		about: "The whole stack is stopped for a minute on purpose, and started again.",
		async run(world) {
			await world.stack.stop()
			await world.sleep(60_000)
			await world.stack.start()
		},
		watchMs: 300_000,
	}),
	quiet({
		...alone,
		name: "scrape-lost",
		about: "The exporters answer one scrape too late.",
		async run(world) {
			signal(world, "exporters", "SIGSTOP")
			await world.sleep(16_000)
			signal(world, "exporters", "SIGCONT")
		},
		watchMs: 150_000,
	}),
	quiet({
		...alone,
		name: "deployment",
		about: "Exporters, webhook, Prometheus and Alertmanager are restarted one after the other.",
		async run(world) {
			for (const part of ["exporters", "webhook", "prometheus", "alertmanager"]) await world.stack.repair(part)
		},
		watchMs: 240_000,
	}),
	quiet({
		name: "maintenance",
		about: "An MCP server is taken down within a maintenance window: the incident is recorded, and no one is paged.",
		breaks: ["mcp"],
		uses: ["exporters"],
		alongside: ["mcp_connection_lost"],
		async run(world) {
			const endsAt = new Date(Date.now() + 240_000).toISOString()
			await world.webhook.post("/api/maintenance", { matchers: "server=everything", endsAt, reason: "a drill" })
			await world.demo("break", "mcp")
			await world.sleep(180_000)
			await world.demo("repair", "mcp")
		},
		watchMs: 90_000,
		async check(world) {
			const rows = await world.own(
				`select i.id, count(d.*)::int as notified, count(r.*)::int as ran
					from observatory.incidents i
					join observatory.maintenance_windows w on i.received_at between w.starts_at and w.ends_at
					left join observatory.incident_deliveries d on d.incident_id = i.id
					left join observatory.remediations r on r.incident_id = i.id and r.started_at is not null
					where i.alertname = 'mcp_connection_lost' group by i.id`,
			)
			if (rows.length === 0) return ["no incident was recorded"]
			return rows.flatMap(({ id, notified, ran }) => [
				...(Number(notified) > 0 ? [`incident ${id} notified people`] : []),
				...(Number(ran) > 0 ? [`incident ${id} was remediated`] : []),
			])
		},
	}),
	quiet({
		name: "cause-before-symptoms",
		about: "The monitored PostgreSQL is away for three minutes; its end brings no alert about what depends on it.",
		breaks: ["database"],
		uses: ["exporters"],
		alongside: ["database_down"],
		async run(world) {
			await world.stack.pause("demo-postgres")
			await world.sleep(180_000)
			await world.stack.repair("demo-postgres")
		},
		watchMs: 240_000,
	}),
]
