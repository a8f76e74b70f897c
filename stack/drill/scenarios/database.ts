import pg from "pg"
import { fault, quiet, type World } from "../scenario.ts"
import { signalTree } from "../world/processes.ts"

const PART = "demo-postgres"
const down = { alert: "database_down", severity: "critical" } as const

const freeze = (world: World) => signalTree(world.stack.pidOf(PART), "SIGSTOP")
const thaw = (world: World) => signalTree(world.stack.pidOf(PART), "SIGCONT")

/** A connection that stays open. */
async function connection(world: World): Promise<pg.Client> {
	const client = new pg.Client({ connectionString: world.monitoredUrl(), application_name: "drill" })
	client.on("error", () => undefined)
	await client.connect()
	return client
}

const VIEWS = ["claude_sessions", "mcp_calls", "insights", "violations", "reviews", "improvements"]

export const DATABASE = [
	fault({
		name: "database-down",
		about: "The monitored PostgreSQL is stopped. Its repair must not bring the alerts that it inhibited.",
		breaks: ["database"],
		uses: ["exporters"],
		expects: [down],
		inject: async (world) => void (await world.stack.pause(PART)),
		repair: (world) => world.stack.repair(PART),
	}),
	fault({
		name: "database-frozen",
		about: "The monitored PostgreSQL accepts connections and answers nothing.",
		breaks: ["database"],
		uses: ["exporters"],
		expects: [down],
		inject: async (world) => void freeze(world),
		repair: async (world) => thaw(world),
	}),
	fault({
		name: "database-slow",
		about: "The monitored PostgreSQL is frozen for 0.8 of each second.",
		breaks: ["database"],
		uses: ["exporters"],
		alongside: ["component_degraded"],
		expects: [{ alert: "database_slow" }],
		async inject(world, onRepair) {
			const timer = setInterval(() => (Date.now() % 1_000 < 800 ? freeze(world) : thaw(world)), 100)
			onRepair(() => {
				clearInterval(timer)
				thaw(world)
			})
			return undefined
		},
	}),
	fault({
		name: "database-connections",
		about: "Other programs use nearly all connections of the monitored PostgreSQL.",
		breaks: ["database"],
		uses: ["exporters"],
		expects: [{ alert: "database_connections_high" }],
		async inject(world, onRepair) {
			const [row] = await world.monitored(
				`select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
					- (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as free`,
			)
			for (let left = Number(row?.free) - 6; left > 0; left--) {
				const client = await connection(world)
				onRepair(() => client.end())
			}
			return undefined
		},
	}),
	fault({
		name: "exporters-stuck-values",
		about: "A lock keeps the exporters from reading the tables: their totals stay at what was read last.",
		breaks: ["database"],
		uses: ["exporters"],
		alongside: ["collector_failed"],
		expects: [{ alert: "contract_unreadable" }],
		async inject(world, onRepair) {
			const client = await connection(world)
			onRepair(() => client.end())
			await client.query("begin")
			await client.query(`lock table ${VIEWS.map((name) => `observatory.${name}`).join(", ")} in access exclusive mode`)
			return undefined
		},
	}),
	quiet({
		name: "database-blip",
		about: "The monitored PostgreSQL is restarted and is away for some seconds.",
		breaks: ["database"],
		uses: ["exporters"],
		run: (world) => world.stack.repair(PART),
		watchMs: 240_000,
	}),
]
