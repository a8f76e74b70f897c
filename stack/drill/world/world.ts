import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { basic, SERVER_USER } from "../../../core/clients/endpoint.ts"
import { createPrometheus, type Prometheus } from "../../../core/clients/prometheus.ts"
import { request } from "../../../core/clients/request.ts"
import { writeAtomic } from "../../../core/lib/files.ts"
import { askDemo } from "../../../demo/control/client.ts"
import { accountUrl } from "../../postgres/account.ts"
import { REPOSITORY, WORKER } from "./names.ts"
import { type Outside, startOutside } from "./outside.ts"
import { type Addresses, createHome, type Stack, startStack } from "./stack.ts"
import { type Webhook, webhookClient } from "./webhook.ts"
import { startWorker, type Worker } from "./worker.ts"

/** Everything that a drill can reach: a stack of its own and what is around it. */
export interface World {
	readonly stack: Stack
	readonly webhook: Webhook
	readonly prometheus: Prometheus
	readonly outside: Outside
	readonly worker: Worker
	/** The folder in which the stack looks for transcripts. */
	readonly transcripts: string
	/** Sends a command to the demo; the answer is its status. */
	demo(verb: "break" | "repair", part: "mcp" | "sessions" | "reviews"): Promise<unknown>
	/** The demo's status. */
	demoStatus(): Promise<{ readonly mcpServer: { readonly pid: number | null } }>
	/** One statement in the monitored database, or in the observatory's. */
	monitored(statement: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
	monitoredUrl(): string
	own(statement: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
	/** A request to Alertmanager's API. */
	alertmanager(path: string, body?: unknown): Promise<unknown>
	/** A request to the OTLP receiver; the answer is its status. */
	otlp(path: string, body: string): Promise<number>
	sleep(ms: number): Promise<void>
	/** Aborts when the drill is to stop. */
	readonly signal: AbortSignal
}

/** A stack with everything around it, and how to end it all. */
export interface OwnWorld {
	readonly world: World
	close(): Promise<void>
}

/** Starts a stack with the shipped intervals, in a folder and on ports of its own, and what is around it. */
export async function startWorld(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<OwnWorld> {
	const home = createHome()
	const worker = startWorker(join(home.run, "drill-worker.pid"))
	const outside = await startOutside(() => worker.restart())
	const transcripts = join(home.root, "transcripts")
	mkdirSync(join(transcripts, "drill"), { recursive: true })
	const channelSecrets = join(home.root, "channel-secrets")
	mkdirSync(channelSecrets)
	writeAtomic(join(channelSecrets, "slack-webhook-url"), `${outside.url}/receiver`, 0o600)
	const settings = (addresses: Addresses) => {
		const restarters = {
			workers: { [WORKER]: { http: { url: `${outside.url}/restart/worker` } } },
			mcp_servers: {
				everything: {
					http: { url: `http://${addresses.DEMO_LISTEN}/repair/mcp`, token_file: join(home.secrets, "demo-token") },
				},
			},
		}
		const file = join(home.root, "restarters.json")
		writeAtomic(file, JSON.stringify(restarters))
		return {
			CHANNEL_SECRETS: channelSecrets,
			CLAUDE_TRANSCRIPTS: transcripts,
			DEMO_VIOLATIONS: "off",
			GITHUB_API_URL: outside.url,
			GITHUB_REPOSITORY: REPOSITORY,
			REMEDIATION_CONFIG: file,
			WORKERS: `${WORKER}=pidfile:${join(home.run, "drill-worker.pid")}`,
		}
	}
	const closeOutside = async () => {
		await worker.kill()
		await outside.close()
	}
	const stack = await startStack(home, { env, settings, signal }).catch(async (error: unknown) => {
		await closeOutside()
		throw error
	})
	const at = (variable: keyof Addresses) => `http://${stack.addresses[variable]}`
	const url = (variable: "POSTGRES_LISTEN" | "DEMO_POSTGRES_LISTEN", secret: string) => {
		const [host = "", port] = stack.addresses[variable].split(":")
		return accountUrl({ host, port: Number(port) }, stack.secret(secret))
	}
	const monitoredUrl = () => url("DEMO_POSTGRES_LISTEN", "demo_postgres_password")
	const server = (name: string) => basic(SERVER_USER, stack.secret(`${name}_password`))
	const demo = (command: Parameters<typeof askDemo>[2]) =>
		askDemo(at("DEMO_LISTEN"), () => stack.secret("demo-token"), command)
	const world: World = {
		stack,
		webhook: webhookClient(at("WEBHOOK_LISTEN"), () => stack.secret("console_token")),
		prometheus: createPrometheus({ url: at("PROMETHEUS_LISTEN"), authorization: server("prometheus") }),
		outside,
		worker,
		transcripts: join(transcripts, "drill"),
		demo: (verb, part) => demo({ do: verb, part }),
		demoStatus: async () => (await demo({ do: "status" })) as Awaited<ReturnType<World["demoStatus"]>>,
		monitoredUrl,
		monitored: (statement, values = []) => query(monitoredUrl(), statement, values),
		own: (statement, values = []) => query(url("POSTGRES_LISTEN", "postgres_password"), statement, values),
		async alertmanager(path, body) {
			const headers = { authorization: server("alertmanager"), "content-type": "application/json" }
			const init = body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) }
			const text = await request("Alertmanager", `${at("ALERTMANAGER_LISTEN")}${path}`, init, 60_000)
			return text === "" ? undefined : JSON.parse(text)
		},
		async otlp(path, body) {
			const headers = { authorization: `Bearer ${stack.secret("otlp_token")}`, "content-type": "application/json" }
			const response = await fetch(`${at("OTLP_LISTEN")}${path}`, { method: "POST", headers, body })
			await response.arrayBuffer()
			return response.status
		},
		sleep: async (ms) => void (await sleep(ms, undefined, { signal })),
		signal,
	}
	return {
		world,
		async close() {
			await stack.remove()
			await closeOutside()
		},
	}
}

/** On a connection of its own: drills take the database away between two statements. */
async function query(connectionString: string, statement: string, values: readonly unknown[]) {
	const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000, application_name: "drill" })
	client.on("error", () => undefined)
	await client.connect()
	try {
		return (await client.query<Record<string, unknown>>(statement, [...values])).rows
	} finally {
		await client.end()
	}
}
