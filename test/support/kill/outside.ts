import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { json } from "node:stream/consumers"
import { setTimeout as sleep } from "node:timers/promises"
import { mcpServerStatus } from "../../../core/catalogue/subjects/mcp.ts"
import { workerUp } from "../../../core/catalogue/subjects/workers.ts"
import { startAlertmanager } from "../alertmanager.ts"
import { startAlertmanagerProxy } from "../alertmanager-proxy.ts"
import { type FakeWorkflow, fakeWorkflow } from "../fake-workflow.ts"
import { serve } from "../local-server.ts"
import { startPrometheus } from "../prometheus.ts"
import { ADMIN_KEY, limitOf, type SpendLimitsApi, startSpendLimitsApi } from "../spend-limits-api.ts"
import { CONSOLE_TOKEN, WEBHOOK_TOKEN } from "../webhook-client.ts"
import { CALL_WAITS_S, GATE_TOKEN } from "./calls.ts"
import { LIMIT, OWN_LIMIT } from "./control.ts"
import { Alerting } from "./pages.ts"
import { CLEARS, STAYS, TARGETS, targetsOf } from "./remedies.ts"
import type { Random } from "./stories.ts"

/** An action that was really done, as its control endpoint saw it. */
export interface Pull {
	readonly target: string
	readonly at: number
}

/** What replicas reach: a Prometheus, an Alertmanager behind a slow line, people with pagers, control endpoints, GitHub. */
export interface Outside {
	/** What replicas know of it. */
	readonly env: Readonly<Record<string, string>>
	readonly alerting: Alerting
	readonly pulls: readonly Pull[]
	readonly workflow: FakeWorkflow
	readonly spendLimits: SpendLimitsApi
	/** The limit of an endpoint of the user's own. */
	ownLimit(): unknown
	stop(): Promise<void>
}

const LEVELS = ["0s", "2s", "5s"].map((after) => ({ after, channels: ["people"] }))
/** How many levels are paged for an incident that is not acknowledged. */
export const LEVELS_PAGED = LEVELS.length

const unbound = { cooldownSeconds: 0, maxPerHour: 100, maxPerDay: 1_000, breakerFailures: 100 }
/** What is done by itself, and about which targets a person is asked. */
export const POLICIES = [
	{ action: "restartWorker", mode: "auto", ...unbound },
	{ action: "restartWorker", target: "crawler", mode: "approve", ...unbound },
	{ action: "reconnectMcpServer", mode: "auto", ...unbound },
	{ action: "reconnectMcpServer", target: "memory", mode: "approve", ...unbound },
]

export async function startOutside(databaseUrl: string, random: Random): Promise<Outside> {
	const alerting = new Alerting()
	const pulls: Pull[] = []
	const pager = await serve(async (req, res) => {
		alerting.page(await json(req))
		res.end()
	})
	const control = await serve(async (req, res) => {
		pulls.push({ target: (req.url ?? "").slice(1), at: Date.now() })
		await sleep(random() * 200)
		res.writeHead(random() < 0.05 ? 500 : 200).end()
	})
	const alertmanager = await startAlertmanager(configuration(pager.url))
	const line = await startAlertmanagerProxy(alertmanager.url, {
		delay: async () => void (await sleep(random() * 300)),
		passed: (alerts) => alerting.pass(alerts),
	})
	const workflow = await fakeWorkflow()
	const spendLimits = await startSpendLimitsApi([limitOf(LIMIT)])
	let limit: unknown = OWN_LIMIT
	const limits = await serve(async (req, res) => {
		await sleep(random() * 100)
		if (req.method === "PUT") limit = ((await json(req)) as { limit: unknown }).limit
		res.end(JSON.stringify({ limit }))
	})
	const prometheus = await startPrometheus({ global: { evaluation_interval: "1s" } }, rules())
	const home = mkdtempSync(path.join(tmpdir(), "observatory-kill-"))
	const file = (name: string, content: object) => {
		writeFileSync(path.join(home, name), JSON.stringify(content))
		return path.join(home, name)
	}
	const restarters = (targets: readonly string[]) =>
		Object.fromEntries(targets.map((target) => [target, { http: { url: `${control.url}/${target}` } }]))
	const key = path.join(home, "key")
	writeFileSync(key, ADMIN_KEY)
	return {
		alerting,
		pulls,
		workflow,
		spendLimits,
		ownLimit: () => limit,
		env: {
			DATABASE_URL: databaseUrl,
			WEBHOOK_TOKEN,
			CONSOLE_TOKEN,
			OBSERVATORY_HOME: home,
			PROMETHEUS_URL: prometheus.url,
			ALERTMANAGER_URL: line.url,
			// What is delivered here does not come from that Alertmanager, which would have the incidents closed.
			RECONCILE_EVERY: "1d",
			REMEDIATION_CONFIG: file("remediation.yaml", {
				workers: restarters(targetsOf("restartWorker")),
				mcp_servers: restarters(targetsOf("reconnectMcpServer")),
			}),
			BRAKES_CONFIG: file("brakes.yaml", {
				brakes: {
					company: { spend_limits: { url: spendLimits.url, key_file: key } },
					own: { http: { url: `${limits.url}/limit` } },
				},
			}),
			GATE_TOKEN,
			APPROVAL_RULES: file("approvals.yaml", { wait: `${CALL_WAITS_S}s`, rules: [{ name: "deploys", tool: "Bash" }] }),
			ESCALATION_POLICIES: file("policies.yaml", {
				policies: { all: { levels: LEVELS }, lent: { levels: LEVELS, acknowledgement_lasts: "3s" } },
				severities: { critical: "all" },
			}),
			CRITICAL_CHANNELS: "people",
			GITHUB_REPOSITORY: "acme/evals",
			GITHUB_TOKEN: "token",
			GITHUB_API_URL: workflow.url,
			VERIFY_EVERY: "300ms",
			VERIFY_FOR: "3s",
		},
		async stop() {
			for (const program of [line, alertmanager, prometheus])
				await ("close" in program ? program.close() : program.stop())
			for (const server of [pager, control, workflow, spendLimits, limits]) await server.close()
			rmSync(home, { recursive: true, force: true })
		},
	}
}

/** Every page is a group of its own, and is sent at once: each message to a person is about exactly one page. */
const configuration = (pager: string) => `
route: { receiver: people, group_by: ["..."], group_wait: 100ms, group_interval: 1s, repeat_interval: 4h }
receivers: [{ name: people, webhook_configs: [{ url: "${pager}" }] }]
`

/** Nothing is scraped: what Prometheus has to say of each alert, and of what was restarted or reconnected, is a rule. */
const rules = () => ({
	groups: [
		{
			name: "all",
			rules: [
				...TARGETS.flatMap(({ action, label, target }) => {
					const labels = { remediation: action, [label]: target }
					// It fires from its first evaluation on, and its condition is met no longer: as if something was done about it.
					const once = `vector(1) unless on() ALERTS{alertname="${CLEARS}",${label}="${target}"}`
					return [
						{ alert: CLEARS, expr: once, keep_firing_for: "1d", labels },
						{ alert: STAYS, expr: "vector(1) > 0", labels },
					]
				}),
				...[CLEARS, STAYS].map((alert) => ({ alert, expr: "vector(0) > 0", labels: { escalation: "lent" } })),
				...Array.from({ length: 40 }, (_, i) => ({
					alert: `alert_${i}`,
					expr: "vector(0) > 0",
					labels: { escalation: "lent" },
				})),
				...targetsOf("restartWorker").map((worker) => ({
					record: workerUp.name,
					expr: "vector(1)",
					labels: { worker },
				})),
				...targetsOf("reconnectMcpServer").map((server) => ({
					record: mcpServerStatus.name,
					expr: "vector(1)",
					labels: { server, status: "connected" },
				})),
			],
		},
	],
})
