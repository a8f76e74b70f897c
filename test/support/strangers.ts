import { execFile, spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import path from "node:path"
import pg from "pg"
import type { Page } from "playwright-core"
import { addressesFile, databaseFile } from "../../core/lib/local-run.ts"
import { credentialsOf } from "./credentials.ts"

/** In everything that a stranger sends; where it appears afterwards, something was changed. */
export const MARK = "left_by_a_stranger"

/** A request that needs a credential. */
interface Attempt {
	readonly url: string
	readonly method: "GET" | "POST"
	readonly type?: string
	readonly body?: string
	/** A stolen cookie. */
	readonly cookie?: string
}

/** The URL of each HTTP listener of a run. */
export function urlsIn(home: string) {
	const addresses = JSON.parse(readFileSync(addressesFile(home), "utf8")) as Record<string, string>
	const at = (name: string) => `http://${addresses[`${name}_LISTEN`]}`
	return {
		exporters: at("EXPORTERS"),
		otlp: at("OTLP"),
		webhook: at("WEBHOOK"),
		/** Where people find it. */
		console: at("WEBHOOK").replace("127.0.0.1", "observatory.localhost"),
		prometheus: at("PROMETHEUS"),
		alertmanager: at("ALERTMANAGER"),
		demo: at("DEMO"),
		mcp: at("DEMO_MCP"),
		databases: [addresses.POSTGRES_LISTEN ?? "", addresses.DEMO_POSTGRES_LISTEN ?? ""],
	}
}

const JSON_TYPE = "application/json"
/** What a form of a page, or a page without a preflight, can send. */
const PLAIN = "text/plain"

/** What a stranger would want to read and to change, on every port. */
export function attemptsOn(home: string): Attempt[] {
	const urls = urlsIn(home)
	const get = (url: string): Attempt => ({ url, method: "GET" })
	const post = (url: string, body: unknown = {}): Attempt[] =>
		[JSON_TYPE, PLAIN].map((type) => ({ url, method: "POST", type, body: JSON.stringify(body) }))
	const alert = { labels: { alertname: MARK, severity: "critical" }, generatorURL: "javascript:alert(1)" }
	const attribute = { key: "service.name", value: { stringValue: MARK } }
	const span = {
		traceId: "5b8efff798038103d269b633813fc60c",
		spanId: "eee19b7ec3c1b174",
		name: `mcp.${MARK}.tool`,
		kind: 3,
		startTimeUnixNano: "1",
		endTimeUnixNano: "2",
		attributes: [
			{ key: "rpc.system", value: { stringValue: "mcp" } },
			{ key: "rpc.service", value: { stringValue: MARK } },
		],
	}
	const spans = { resourceSpans: [{ resource: { attributes: [attribute] }, scopeSpans: [{ spans: [span] }] }] }
	const notification = {
		version: "4",
		status: "firing",
		receiver: "observatory",
		groupKey: MARK,
		alerts: [{ ...alert, status: "firing", annotations: {}, startsAt: new Date().toISOString(), fingerprint: MARK }],
	}
	const silence = {
		matchers: [{ name: "alertname", value: ".*", isRegex: true }],
		startsAt: new Date().toISOString(),
		endsAt: new Date(Date.now() + 3_600_000).toISOString(),
		createdBy: MARK,
		comment: MARK,
	}
	const reason = { reason: MARK }
	return [
		get(`${urls.exporters}/metrics`),
		get(`${urls.exporters}/metrics/health`),
		...post(`${urls.otlp}/v1/traces`, spans),
		...["metrics", "logs"].flatMap((signal) => post(`${urls.otlp}/v1/${signal}`)),
		...["/metrics", "/api/incidents", "/api/inbox", "/api/audit", "/api/tokens", "/api/remediations"].map((route) =>
			get(urls.webhook + route),
		),
		...post(`${urls.webhook}/api/alertmanager`, notification),
		...post(`${urls.webhook}/api/inbox/slack-critical`, notification),
		...["stop", "pause"].flatMap((verb) => post(`${urls.webhook}/api/control/${verb}`, reason)),
		...post(`${urls.webhook}/api/tokens`, { name: MARK, role: "admin" }),
		...post(`${urls.webhook}/api/maintenance`, {
			matchers: [`alertname="${MARK}"`],
			endsAt: silence.endsAt,
			...reason,
		}),
		...["/metrics", "/api/v1/query?query=up", "/api/v1/status/config", "/api/v1/targets"].map((route) =>
			get(urls.prometheus + route),
		),
		...["/-/quit", "/-/reload", "/api/v1/admin/tsdb/snapshot"].flatMap((route) => post(urls.prometheus + route)),
		...["/metrics", "/api/v2/alerts", "/api/v2/status", "/api/v2/silences"].map((route) =>
			get(urls.alertmanager + route),
		),
		...post(`${urls.alertmanager}/api/v2/silences`, silence),
		...post(`${urls.alertmanager}/api/v2/alerts`, [alert]),
		...post(`${urls.alertmanager}/api/v1/alerts`, [alert]),
		...post(`${urls.alertmanager}/-/reload`),
		get(`${urls.demo}/status`),
		...post(`${urls.demo}/break/mcp`),
		get(`${urls.mcp}/mcp`),
		...post(`${urls.mcp}/mcp`, { jsonrpc: "2.0", id: 1, method: "tools/list" }),
	]
}

/** Everything that a stranger could have changed, as its owner sees it. */
export async function stateOf(
	home: string,
): Promise<{ text: string; control: string; broken: string; tokens: number }> {
	const urls = urlsIn(home)
	const { alertmanager, metrics } = credentialsOf(home)
	const text = async (url: string, headers: Record<string, string> = {}) => {
		const response = await fetch(url, { headers })
		if (!response.ok) throw new Error(`${url} answers ${response.status}`)
		return response.text()
	}
	const demoToken = readFileSync(path.join(home, "secrets/demo-token"), "utf8").trim()
	const status = await text(`${urls.demo}/status`, { authorization: `Bearer ${demoToken}` })
	const client = new pg.Client(readFileSync(databaseFile(path.join(home, "secrets"), "DATABASE_URL"), "utf8").trim())
	await client.connect()
	try {
		const tables = ["incidents", "inbox", "maintenance_windows", "audit_logs", "access_tokens"]
		const rows: string[] = []
		for (const table of tables) {
			const found = await client.query<{ rows: string | null }>(
				`select string_agg(t::text, E'\\n') as rows from observatory.${table} t`,
			)
			rows.push(found.rows[0]?.rows ?? "")
		}
		return {
			text: [
				...rows,
				await text(`${urls.alertmanager}/api/v2/silences`, alertmanager),
				await text(`${urls.alertmanager}/api/v2/alerts`, alertmanager),
				await text(`${urls.exporters}/metrics`, metrics),
			].join("\n"),
			control: (JSON.parse(await text(`${urls.webhook}/api/control`)) as { state: string }).state,
			broken: JSON.stringify((JSON.parse(status) as { broken: string[] }).broken),
			tokens: Number((await client.query("select count(*) from observatory.access_tokens")).rows[0]?.count),
		}
	} finally {
		await client.end()
	}
}

/** A user without a name and without any file, so that no program of the stack runs as it. */
const STRANGER_ID = 64_321

/** Why nothing can be run as another user here; undefined where it can. */
export function whyNoSecondUser(): string | undefined {
	if (process.getuid?.() !== 0) return "only root can run a program as another user"
	const tried = spawnSync("setpriv", [
		"--reuid=64321",
		"--regid=64321",
		"--clear-groups",
		process.execPath,
		"--version",
	])
	return tried.status === 0 ? undefined : "setpriv cannot run node as another user"
}

export interface StrangerReport {
	readonly uid: number
	/** Requests and the status of their answers; 0 for none. */
	readonly answers: readonly { readonly request: string; readonly status: number }[]
	/** The first message of each PostgreSQL server: `R10` asks for a password, `R0` lets in. */
	readonly databases: readonly string[]
	/** Files that could be read, and files and folders that could be written. */
	readonly read: readonly string[]
	readonly written: readonly string[]
}

/** Tries everything as another user, with nothing of this process's environment. */
export function actAsStranger(input: {
	attempts: readonly Attempt[]
	databases: readonly string[]
	secrets: readonly string[]
	places: readonly string[]
}): Promise<StrangerReport> {
	const script = readFileSync(path.resolve(import.meta.dirname, "../fixtures/stranger.mjs"), "utf8")
	const user = [`--reuid=${STRANGER_ID}`, `--regid=${STRANGER_ID}`, "--clear-groups"]
	const args = [...user, process.execPath, "--input-type=module", "--eval", script]
	return new Promise((resolve, reject) => {
		const options = { cwd: "/", env: { PATH: process.env.PATH ?? "" }, timeout: 120_000 }
		const child = execFile("setpriv", args, options, (error, stdout, stderr) => {
			if (error) reject(new Error(`${error.message}\n${stderr}`))
			else resolve(JSON.parse(stdout) as StrangerReport)
		})
		child.stdin?.end(JSON.stringify(input))
	})
}

/** The page of another site: an HTML document whose script defines `attack`. */
export const foreignPage = (): string =>
	`<!doctype html><script>${readFileSync(path.resolve(import.meta.dirname, "../fixtures/foreign-page.js"), "utf8")}</script>`

/** Closes the browser's question for a user and a password, which would keep a request waiting. */
export async function dismissPasswordDialogs(page: Page): Promise<void> {
	const session = await page.context().newCDPSession(page)
	const response = { response: "CancelAuth" } as const
	const ignore = () => undefined
	session.on("Fetch.requestPaused", ({ requestId }) => {
		session.send("Fetch.continueRequest", { requestId }).catch(ignore)
	})
	session.on("Fetch.authRequired", ({ requestId }) => {
		session.send("Fetch.continueWithAuth", { requestId, authChallengeResponse: response }).catch(ignore)
	})
	await session.send("Fetch.enable", { handleAuthRequests: true })
}

/**
 * Makes the requests from that page, with CORS and without, and posts them as forms. Returns those whose answer it could
 * read.
 */
export const actAsPage = (page: Page, attempts: readonly Attempt[]): Promise<string[]> =>
	page.evaluate<string[]>(`attack(${JSON.stringify(attempts)})`)
