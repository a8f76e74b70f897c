import type { Kind, World } from "../world.ts"

export const SERVERS = ["everything", "memory", "files"] as const
export const WORKERS = ["indexer", "planner"] as const
/** The contract's views, each of which has a collector. */
export const VIEWS = [
	"sessions",
	"mcp_calls",
	"insights",
	"recommendations",
	"improvements",
	"violations",
	"reviews",
	"rollbacks",
	"outcomes",
	"events",
] as const

const DEGRADED = 1
const UNHEALTHY = 2

interface Simple {
	readonly name: string
	readonly subject: string
	readonly minutes: readonly [number, number]
	/** Sets levels from `at` to `end`. */
	readonly disturb: (world: World, at: number, end: number) => void
}

const simple = ({ name, subject, minutes, disturb }: Simple): Kind => ({
	name,
	subject,
	play(world, at) {
		const end = at + world.lasting(...minutes)
		disturb(world, at, end)
		return end
	},
})

function databaseDown({ set }: World, at: number, end: number): void {
	set("health.database", at, end, UNHEALTHY)
	for (const view of VIEWS) set(`collector.${view}`, at + 15, end + 15, 0)
}

function serversDown({ set }: World, servers: readonly string[], at: number, end: number): void {
	for (const server of servers) {
		set(`mcp.${server}.down`, at, end, 1)
		set(`mcp.${server}.errors`, at, end, 0.9)
	}
}

const kindsOf = (list: readonly Simple[]) => list.map(simple)

export const HEALTH_INCIDENTS: readonly Kind[] = kindsOf([
	{
		name: "the database is down",
		subject: "database",
		minutes: [3, 20],
		disturb(world, at, end) {
			databaseDown(world, at, end)
			world.expect("database_down", at, end)
			world.permit("contract_unreadable", at, end + 15)
			world.permit("collector_failed", at, end + 15)
		},
	},
	{
		name: "the database is slow",
		subject: "database",
		minutes: [25, 70],
		disturb({ set, random, expect }, at, end) {
			set("health.database", at, end, DEGRADED)
			set("database.seconds", at, end, random.between(0.4, 2))
			expect("database_slow", at, end)
			expect("component_degraded", at, end, { component: "database" })
		},
	},
	{
		name: "connections run out",
		subject: "database",
		minutes: [20, 60],
		disturb({ set, random, expect }, at, end) {
			set("database.connections", at, end, random.int(84, 98))
			expect("database_connections_high", at, end)
		},
	},
	{
		name: "transactions deadlock",
		subject: "database",
		minutes: [8, 12],
		disturb({ happen, random, expect }, at, end) {
			const count = random.int(5, 9)
			for (let i = 0; i < count; i++) happen("database.deadlock", at + (i / count) * (end - at))
			expect("database_deadlocks", at, end)
		},
	},
	{
		name: "the telemetry pipeline is down",
		subject: "telemetry",
		minutes: [4, 20],
		disturb({ set, expect }, at, end) {
			set("health.opentelemetry", at, end, UNHEALTHY)
			expect("opentelemetry_down", at, end)
		},
	},
	{
		name: "spans are dropped",
		subject: "telemetry",
		minutes: [15, 40],
		disturb({ set, random, expect }, at, end) {
			set("telemetry.dropped", at, end, random.between(0.03, 0.3))
			expect("telemetry_spans_dropped", at, end)
		},
	},
	{
		name: "the span buffer fills",
		subject: "telemetry",
		minutes: [8, 30],
		disturb({ set, random, expect }, at, end) {
			const level = random.between(0.85, 0.97)
			set("telemetry.buffer", at, end, () => level + random.between(-0.02, 0.02))
			expect("telemetry_buffer_filling", at, end)
		},
	},
	{
		name: "export requests are refused",
		subject: "telemetry",
		minutes: [10, 25],
		disturb({ set, random, expect }, at, end) {
			set("telemetry.errors", at, end, random.between(200, 900))
			expect("telemetry_export_errors", at, end)
		},
	},
	{
		name: "all MCP servers are down",
		subject: "mcp",
		minutes: [4, 20],
		disturb(world, at, end) {
			serversDown(world, SERVERS, at, end)
			world.set("health.mcp_servers", at, end, UNHEALTHY)
			world.expect("mcp_servers_down", at, end)
			for (const server of SERVERS) world.expect("mcp_connection_lost", at, end, { server })
			world.permit("mcp_server_degraded", at, end)
		},
	},
	{
		name: "an MCP server is down",
		subject: "mcp",
		minutes: [3, 30],
		disturb(world, at, end) {
			const server = world.random.pick(SERVERS)
			serversDown(world, [server], at, end)
			world.expect("mcp_connection_lost", at, end, { server })
			world.permit("mcp_server_degraded", at, end, { server })
		},
	},
	{
		name: "an MCP server answers with errors",
		subject: "mcp",
		minutes: [30, 70],
		disturb({ set, random, expect }, at, end) {
			const server = random.pick(SERVERS)
			set(`mcp.${server}.errors`, at, end, random.between(0.3, 0.7))
			expect("mcp_server_degraded", at, end, { server })
		},
	},
	{
		name: "an MCP server is slow",
		subject: "mcp",
		minutes: [30, 70],
		disturb({ set, random, expect }, at, end) {
			const server = random.pick(SERVERS)
			set(`mcp.${server}.seconds`, at, end, random.between(14, 28))
			expect("mcp_server_slow", at, end, { server })
		},
	},
	{
		name: "GitHub Actions is down",
		subject: "github",
		minutes: [8, 45],
		disturb({ set, expect }, at, end) {
			set("health.github_actions", at, end, UNHEALTHY)
			expect("github_actions_down", at, end)
		},
	},
	{
		name: "GitHub Actions is degraded",
		subject: "github",
		minutes: [15, 45],
		disturb({ set, expect }, at, end) {
			set("health.github_actions", at, end, DEGRADED)
			expect("component_degraded", at, end, { component: "github_actions" })
		},
	},
	{
		name: "a worker leaks memory",
		subject: "workers",
		minutes: [12, 60],
		disturb({ set, random, expect }, at, end) {
			const worker = random.pick(WORKERS)
			const slope = random.between(0.05e9, 0.2e9) / 60
			set(`worker.${worker}.memory`, at, end, (time) => 2.05e9 + slope * (time - at))
			expect("high_memory_usage", at, end, { worker })
		},
	},
	{
		name: "a worker is dead",
		subject: "workers",
		minutes: [4, 30],
		disturb({ set, random, expect }, at, end) {
			const worker = random.pick(WORKERS)
			set(`worker.${worker}.up`, at, end, 0)
			expect("worker_down", at, end, { worker })
		},
	},
])

export const HEALTH_DISTURBANCES: readonly Kind[] = kindsOf([
	{
		name: "a failover of the database",
		subject: "database",
		minutes: [0.25, 0.75],
		disturb: databaseDown,
	},
	{
		name: "a vacuum slows the database down",
		subject: "database",
		minutes: [2, 5],
		disturb({ set, random }, at, end) {
			set("health.database", at, end, DEGRADED)
			set("database.seconds", at, end, random.between(0.3, 0.6))
		},
	},
	{
		name: "a burst of connections",
		subject: "database",
		minutes: [1, 6],
		disturb: ({ set, random }, at, end) => set("database.connections", at, end, random.int(82, 97)),
	},
	{
		name: "one deadlock or two",
		subject: "database",
		minutes: [1, 10],
		disturb({ happen, random }, at, end) {
			happen("database.deadlock", at)
			if (random.chance(0.5)) happen("database.deadlock", end)
		},
	},
	{
		name: "the telemetry pipeline restarts",
		subject: "telemetry",
		minutes: [0.25, 0.75],
		disturb({ set }, at, end) {
			set("health.opentelemetry", at, end, UNHEALTHY)
			set("telemetry.dropped", at, end + 30, 0.2)
		},
	},
	{
		name: "a burst of spans",
		subject: "telemetry",
		minutes: [1, 3],
		disturb({ set }, at, end) {
			set("telemetry.buffer", at, end, 0.93)
			set("telemetry.dropped", end - 30, end, 0.03)
		},
	},
	{
		name: "a client with a broken exporter tries a few times",
		subject: "telemetry",
		minutes: [3, 8],
		disturb: ({ set }, at, end) => set("telemetry.errors", at, end, 40),
	},
	{
		name: "an MCP server reconnects",
		subject: "mcp",
		minutes: [0.25, 0.75],
		disturb: (world, at, end) => serversDown(world, [world.random.pick(SERVERS)], at, end),
	},
	{
		name: "an MCP server answers with errors for minutes",
		subject: "mcp",
		minutes: [2, 7],
		disturb: ({ set, random }, at, end) =>
			set(`mcp.${random.pick(SERVERS)}.errors`, at, end, random.between(0.15, 0.5)),
	},
	{
		name: "a batch of long tool calls",
		subject: "mcp",
		minutes: [2, 6],
		disturb: ({ set, random }, at, end) => set(`mcp.${random.pick(SERVERS)}.seconds`, at, end, random.between(12, 20)),
	},
	{
		name: "GitHub's API is away for minutes",
		subject: "github",
		minutes: [1, 4],
		disturb: ({ set }, at, end) => set("health.github_actions", at, end, UNHEALTHY),
	},
	{
		name: "a worker's peak of memory",
		subject: "workers",
		minutes: [1, 4],
		disturb: ({ set, random }, at, end) =>
			set(`worker.${random.pick(WORKERS)}.memory`, at, end, random.between(2.05e9, 2.6e9)),
	},
	{
		name: "a worker restarts",
		subject: "workers",
		minutes: [0.25, 1.5],
		disturb: ({ set, random }, at, end) => set(`worker.${random.pick(WORKERS)}.up`, at, end, 0),
	},
])
