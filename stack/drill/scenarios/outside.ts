import { randomBytes } from "node:crypto"
import { fault, quiet, type World } from "../scenario.ts"
import { WORKER } from "../world/names.ts"

/** Spans of which some cannot be read, because their time is no number. */
function spans(readable: number, malformed: number): string {
	const now = `${Date.now()}000000`
	const all = Array.from({ length: readable + malformed }, (_, i) => ({
		name: "drill",
		traceId: randomBytes(16).toString("hex"),
		spanId: randomBytes(8).toString("hex"),
		startTimeUnixNano: i < readable ? now : "yesterday",
		endTimeUnixNano: now,
	}))
	return JSON.stringify({ resourceSpans: [{ resource: {}, scopeSpans: [{ scope: { name: "drill" }, spans: all }] }] })
}

/** Does it every ten seconds until the repair. */
function repeatedly(work: () => Promise<unknown>, onRepair: (undo: () => void) => void): Promise<undefined> {
	// What the receiver answers is not what is drilled.
	const attempt = () => void work().catch(() => undefined)
	const timer = setInterval(attempt, 10_000)
	attempt()
	onRepair(() => clearInterval(timer))
	return Promise.resolve(undefined)
}

export const OUTSIDE = [
	fault({
		name: "spans-dropped",
		about: "A tenth of the spans that agents send cannot be read.",
		breaks: ["telemetry"],
		uses: ["exporters"],
		alongside: ["component_degraded", "telemetry_export_errors"],
		expects: [{ alert: "telemetry_spans_dropped" }],
		inject: (world, onRepair) => repeatedly(() => world.otlp("/v1/traces", spans(90, 10)), onRepair),
	}),
	fault({
		name: "telemetry-lost",
		about: "Most spans that agents send cannot be read: the pipeline is unhealthy.",
		breaks: ["telemetry"],
		uses: ["exporters"],
		alongside: ["component_degraded", "telemetry_export_errors", "telemetry_spans_dropped"],
		expects: [{ alert: "opentelemetry_down" }],
		inject: (world, onRepair) => repeatedly(() => world.otlp("/v1/traces", spans(0, 100)), onRepair),
	}),
	fault({
		name: "telemetry-refused",
		about: "An agent sends requests that are no OTLP.",
		breaks: ["telemetry"],
		uses: ["exporters"],
		alongside: ["component_degraded"],
		expects: [{ alert: "telemetry_export_errors", lasts: true }],
		inject: (world, onRepair) =>
			repeatedly(async () => {
				for (let i = 0; i < 12; i++) await world.otlp("/v1/traces", "{no json")
			}, onRepair),
	}),
	fault({
		name: "github-failing",
		about: "GitHub's API answers each request with an error.",
		breaks: ["github"],
		uses: ["exporters"],
		alongside: ["collector_failed", "component_degraded"],
		expects: [{ alert: "github_actions_down" }],
		inject: async (world) => setGithub(world, "failing"),
		repair: async (world) => void setGithub(world, "well"),
	}),
	fault({
		name: "github-rate-limited",
		about: "GitHub's API refuses each request, because the rate limit is exhausted.",
		breaks: ["github"],
		uses: ["exporters"],
		alongside: ["github_actions_down", "component_degraded"],
		expects: [{ alert: "collector_failed", labels: { collector: "github" } }],
		inject: async (world) => setGithub(world, "rate-limited"),
		repair: async (world) => void setGithub(world, "well"),
	}),
	quiet({
		name: "github-blip",
		about: "GitHub's API fails for 40 seconds.",
		breaks: ["github"],
		uses: ["exporters"],
		async run(world) {
			setGithub(world, "failing")
			await world.sleep(40_000)
			setGithub(world, "well")
		},
		watchMs: 240_000,
	}),
	fault({
		name: "receiver-dead",
		about: "The receiver of Slack's notifications refuses them while a worker dies.",
		breaks: ["worker", "receiver"],
		uses: ["exporters"],
		alongside: ["worker_down"],
		expects: [{ alert: "notifications_failing" }],
		async inject(world) {
			world.outside.receiver = "failing"
			await world.worker.kill()
			return undefined
		},
		async repair(world) {
			world.outside.receiver = "well"
		},
		async restore(world) {
			world.outside.receiver = "well"
			await world.worker.restart()
		},
	}),
	fault({
		name: "two-faults",
		about: "An MCP server and a worker die at the same moment.",
		breaks: ["worker", "mcp"],
		uses: ["exporters"],
		alongside: ["mcp_server_degraded", "component_degraded"],
		expects: [
			{ alert: "worker_down", labels: { worker: WORKER }, remediation: "succeeded" },
			{ alert: "mcp_connection_lost", labels: { server: "everything" }, remediation: "succeeded" },
		],
		async inject(world) {
			await Promise.all([world.worker.kill(), world.demo("break", "mcp")])
			return undefined
		},
		async restore(world) {
			await world.demo("repair", "mcp")
			await world.worker.restart()
		},
	}),
]

function setGithub(world: World, mood: World["outside"]["github"]): undefined {
	world.outside.github = mood
	return undefined
}
