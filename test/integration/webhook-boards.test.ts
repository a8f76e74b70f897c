import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { auditActionsCollector } from "../../alert-webhook/workflows/metrics/audit-actions.ts"
import { createPool, createDatabase as databaseOf } from "../../core/db/client.ts"
import { createDatabase } from "../support/postgres.ts"
import { startPrometheus, type TestPrometheus } from "../support/prometheus.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

const MINUTE = 60_000
const HOUR = 60 * MINUTE

let prometheus: TestPrometheus
let webhook: TestWebhook
let folder: string
let viewer: string
let pool: ReturnType<typeof createPool>

/** Six hours of two servers' requests, errors and states, a sample a minute. */
function past(now: number): string {
	const lines = ["# TYPE demo_requests counter", "# TYPE demo_state gauge", "# TYPE ALERTS gauge"]
	const series = (name: string, labels: string, value: (minute: number) => number) => {
		for (let minute = 0; minute <= 360; minute++)
			lines.push(`${name}{${labels}} ${value(minute)} ${Math.round(now / 1_000) - (360 - minute) * 60}`)
	}
	series("demo_requests_total", 'server="files",team="a"', (minute) => minute * 60)
	series("demo_requests_total", 'server="search",team="b"', (minute) => minute * 120)
	series("demo_state", 'server="files"', (minute) => (minute < 300 ? 1 : 0))
	series("ALERTS", 'alertname="demo_down",severity="critical",alertstate="firing",server="files"', () => 1)
	series("ALERTS", 'alertname="demo_slow",severity="info",alertstate="firing"', () => 1)
	series("ALERTS_FOR_STATE", 'alertname="demo_down",severity="critical",server="files"', () => (now - 2 * HOUR) / 1_000)
	return `${lines.join("\n")}\n# EOF\n`
}

const source = { type: "prometheus", uid: "prometheus" }
let id = 0
const panel = (type: string, expr: string | undefined, more: Record<string, unknown> = {}) => ({
	id: ++id,
	type,
	title: `${type} ${id}`,
	gridPos: { x: 0, y: id * 4, w: 12, h: 6 },
	targets:
		expr === undefined ? [] : [{ refId: "A", datasource: source, expr, legendFormat: "{{server}}", range: true }],
	...more,
})
const instant = (expr: string, format = "time_series") => [
	{ refId: "A", datasource: source, expr, legendFormat: "{{server}}", instant: true, format },
]

const states = [
	{ type: "value", options: { "0": { text: "down", color: "red" }, "1": { text: "up", color: "green" } } },
]
const rate = 'sum by (server) (rate(demo_requests_total{server=~"$server",team=~"$team"}[$__rate_interval]))'
const variables = [
	{ name: "team", type: "query", query: "label_values(demo_requests_total, team)", multi: true, includeAll: true },
	{
		name: "server",
		type: "query",
		query: { query: 'label_values(demo_requests_total{team=~"$team"}, server)' },
		multi: true,
		includeAll: true,
		current: { value: "$__all" },
	},
]
/** A link as the boards' tables have it. */
const cellLink = (uid: string) => ({
	title: "Show",
	url: `/d/${uid}?var-session=\${__value.raw:percentencode}&\${__url_time_range}`,
})
const PANELS = [
	panel("timeseries", rate, { fieldConfig: { defaults: { unit: "suffix:/s", min: 0, max: 4 } } }),
	panel("stat", undefined, {
		targets: instant("sum by (server) (demo_state)"),
		fieldConfig: { defaults: { mappings: states } },
	}),
	panel("gauge", undefined, {
		targets: instant("100 * avg(demo_state + 0.42)"),
		fieldConfig: { defaults: { unit: "percent", min: 0, max: 100 } },
	}),
	panel("bargauge", undefined, { targets: instant("sum by (server) (demo_state + 43)") }),
	panel("heatmap", rate, { interval: "15m", timeFrom: "3h" }),
	panel("state-timeline", "sum by (server) (demo_state)", { fieldConfig: { defaults: { mappings: states } } }),
	panel("table", undefined, {
		targets: instant("sum by (server) (demo_state)", "table"),
		transformations: [
			{
				id: "organize",
				options: {
					includeByName: { server: true, Value: true },
					indexByName: { Value: 0, server: 1 },
					renameByName: { server: "Server", Value: "State" },
				},
			},
		],
		fieldConfig: {
			defaults: {},
			overrides: [{ matcher: { id: "byName", options: "State" }, properties: [{ id: "mappings", value: states }] }],
		},
	}),
	panel("table", undefined, {
		title: "rows",
		targets: [
			{
				refId: "A",
				datasource: { type: "grafana-postgresql-datasource" },
				format: "table",
				rawSql:
					'select actor as "Who", action from observatory.audit_logs where $__timeFilter(at) and action not in ($server)',
			},
		],
	}),
	panel("table", undefined, {
		title: "log records",
		targets: [
			{
				datasource: { type: "grafana-postgresql-datasource", uid: "telemetry" },
				rawSql:
					'select session as "Session", body as "Message" from telemetry.log_records where $__timeFilter(recorded_at)',
			},
		],
		fieldConfig: {
			defaults: {},
			overrides: [
				{
					matcher: { id: "byName", options: "Session" },
					properties: [{ id: "links", value: [cellLink("every-panel")] }],
				},
				{ matcher: { id: "byName", options: "Message" }, properties: [{ id: "links", value: [cellLink("no-board")] }] },
			],
		},
	}),
	panel("alertlist", undefined, { options: { alertInstanceLabelFilter: '{severity=~"critical|warning"}' } }),
	panel("text", undefined, { options: { content: "A **note** <b>of the board</b>" } }),
	panel("timeseries", "no_such_series", { title: "empty", fieldConfig: { defaults: { noValue: "No session yet" } } }),
	panel("timeseries", "sum(", { title: "wrong" }),
	panel("table", undefined, {
		title: "wrong rows",
		targets: [{ datasource: { type: "grafana-postgresql-datasource" }, rawSql: "select no_such_column; select 1" }],
	}),
	panel("flamegraph", "up", { title: "unknown" }),
]
const BUSY = {
	alert: "demo_busy",
	expr: "sum by (server) (rate(demo_requests_total[5m])) > 0.5 * 1 and on () vector(1)",
	for: "1m",
	labels: { severity: "critical" },
}
const board = {
	uid: "every-panel",
	title: "Every <Panel>",
	description: "Does each type of panel show?\n\nGenerated.",
	refresh: "30s",
	time: { from: "now-6h", to: "now" },
	templating: { list: variables },
	panels: [...PANELS.slice(0, 5), { ...panel("row", undefined), title: "States" }, ...PANELS.slice(5)],
}
for (const [i, one] of board.panels.entries()) one.gridPos = { ...one.gridPos, y: i * 6 }
const idOf = (type: string) => PANELS.find((one) => one.type === type)?.id

beforeAll(async () => {
	folder = mkdtempSync(path.join(tmpdir(), "observatory-boards-"))
	mkdirSync(path.join(folder, "developer"))
	mkdirSync(path.join(folder, "security"))
	const write = (file: string, content: unknown) => writeFileSync(path.join(folder, file), JSON.stringify(content))
	write("developer/every.json", board)
	write("security/secret.json", { uid: "secret", title: "Secret", panels: [] })
	write("developer/broken.json", { uid: "broken" })
	const databaseUrl = await createDatabase(inject("postgresUrl"))
	pool = createPool(databaseUrl, { applicationName: "test" })
	prometheus = await startPrometheus({}, { groups: [{ name: "demo", rules: [BUSY] }] }, past(Date.now()))
	webhook = await startTestWebhook(databaseUrl, {
		env: {
			PROMETHEUS_URL: prometheus.url,
			BOARDS_FOLDER: folder,
			BOARDS_DATABASE_URL: databaseUrl,
			BOARDS_TELEMETRY_URL: databaseUrl,
		},
	})
	await pool.query("create table observatory.log_records_of_the_test partition of observatory.log_records default")
	await pool.query(
		`insert into observatory.log_records (recorded_at, id, severity, failed, event, body, session, attributes)
		values (now() - interval '1 minute', gen_random_uuid(), 9, false, 'said', 'hello', 'a&b', '{}')`,
	)
	viewer = (await webhook.createToken({ name: "Vera", role: "viewer" })).token
})
afterAll(async () => {
	await webhook?.stop()
	await prometheus?.stop()
	await pool?.end()
	rmSync(folder, { recursive: true, force: true })
})

/** The part of a page that is about one panel. */
const sectionOf = (page: string, id: number | undefined) =>
	page.split(`id="panel-${id}"`)[1]?.split("</section>")[0] ?? ""
const picture = async (type: string, query = "") => {
	const response = await webhook.api(`/boards/every-panel/panels/${idOf(type)}.svg${query}`)
	expect([response.status, response.headers.get("content-type")]).toEqual([200, "image/svg+xml; charset=utf-8"])
	return response.text()
}

describe("a board", () => {
	it("is a page without styles and scripts of its own, with its question, its bands and each panel's values", async () => {
		const response = await webhook.api("/boards/every-panel")
		const page = await response.text()
		expect(response.status).toBe(200)
		expect(response.headers.get("content-security-policy")).toContain("style-src 'self'")
		expect(page).not.toMatch(/ style=|<style|<script(?! src="\/static)/)
		expect(page).toContain("Every &lt;Panel&gt;")
		expect(page).toContain("Does each type of panel show?")
		expect(page).toMatch(/<h2>States<\/h2>/)
		expect(page).toContain('data-refresh="30"')
		const parts = Object.fromEntries(PANELS.map((one) => [one.title, sectionOf(page, one.id)]))
		expect(parts[`stat ${idOf("stat")}`]).toMatch(/tinted k--f2495c.*>down</s)
		expect(parts[`table ${idOf("table")}`]).toMatch(
			/<th scope="col">State<\/th><th scope="col">Server<\/th>.*down.*files/s,
		)
		expect(parts.rows).toMatch(/<th scope="col">Who<\/th>.*console token.*token\.create/s)
		expect(parts["log records"]).toContain(
			'<a href="/boards/every-panel?var-session=a%26b&amp;from=now-6h&amp;to=now" title="Show">a&amp;b</a>',
		)
		expect(parts["log records"]).toMatch(/<td[^>]*>hello</)
		expect(parts[`alertlist ${idOf("alertlist")}`]).toMatch(/\/runbooks\/demo_down.*firing for.*2 h.*files/s)
		expect(parts[`alertlist ${idOf("alertlist")}`]).not.toContain("demo_slow")
		expect(parts[`text ${idOf("text")}`]).toContain("<strong>note</strong> &lt;b&gt;")
		expect(parts.empty).toContain("No session yet")
		expect(parts.wrong).toMatch(/Prometheus refuses the query: .*parse error/)
		expect(parts["wrong rows"]).toContain("PostgreSQL refuses the query: cannot insert multiple commands")
		expect(parts.unknown).toContain("The console does not know panels of type flamegraph")
	})

	it.each([
		["timeseries", ">files<", ">search<", ">2/s<"],
		["gauge", ">42%<"],
		["bargauge", ">files<", ">43<"],
		["heatmap", ">files<", ">search<"],
		["state-timeline", ">up<", ">down<"],
	])("draws a panel of type %s from Prometheus' values", async (type, ...texts) => {
		const svg = await picture(type)
		for (const text of texts) expect(svg).toContain(text)
	})

	it("offers the values of its variables, each by those before it, and asks with what is chosen", async () => {
		const all = await webhook.page("/boards/every-panel")
		expect(all).toMatch(/name="var-server" multiple.*value="\$__all" selected.*value="files".*value="search"/s)
		const some = await webhook.page("/boards/every-panel?var-team=a")
		const servers = some.split('name="var-server"')[1]?.split("</select>")[0]
		expect(servers).toContain('value="files"')
		expect(servers).not.toContain('value="search"')
		const svg = await picture("timeseries", "?var-team=a&var-server=files")
		expect([svg.includes(">files<"), svg.includes(">search<")]).toEqual([true, false])
	})

	it("has the range that a reader asks for, and refuses what is none", async () => {
		expect(await picture("timeseries", "?from=now-1h&width=narrow")).toContain('width="358"')
		for (const query of ["from=yesterday", "from=now&to=now-1h", "from=now-9y"])
			expect((await webhook.api(`/boards/every-panel?${query}`)).status).toBe(400)
		expect((await webhook.api("/boards/every-panel/panels/1234567.svg")).status).toBe(404)
		expect((await webhook.api("/boards/nothing")).status).toBe(404)
	})

	it("is read by the roles that may, and only listed for them", async () => {
		const as = { headers: { authorization: `Bearer ${viewer}` } }
		const list = await (await webhook.api("/boards", as)).text()
		expect([list.includes("every-panel"), list.includes("/boards/secret")]).toEqual([true, false])
		for (const address of ["/boards/secret", "/boards/secret/style.css", "/boards/secret/panels/1.svg"])
			expect((await webhook.api(address, as)).status, address).toBe(403)
		expect(await webhook.page("/boards")).toContain("/boards/secret")
		expect((await fetch(`${webhook.url}/boards/every-panel/panels/1.svg`)).status).toBe(401)
	})

	it("is read again when its file changes, and a file that is none is named", async () => {
		expect(await webhook.page("/boards")).toMatch(/developer\/broken\.json: title/)
		writeFileSync(path.join(folder, "developer/every.json"), JSON.stringify({ ...board, title: "Changed by a person" }))
		expect(await webhook.page("/boards/every-panel")).toContain("Changed by a person")
	})

	it("counts the audit log by action, each entry once, and the same after a restart", async () => {
		const countsOf = async (collector: ReturnType<typeof auditActionsCollector>) =>
			Object.fromEntries(
				(await collector.collect(new AbortController().signal)).map((one) => [
					one.labels.action,
					"value" in one ? one.value : undefined,
				]),
			)
		const collector = auditActionsCollector({ db: databaseOf(pool) })
		const before = await countsOf(collector)
		const entries = await webhook.audit({ action: "token.create" })
		expect(before["token.create"]).toBe(entries.length)
		await webhook.createToken({ name: "Wanda", role: "viewer" })
		const after = await countsOf(collector)
		expect(after).toEqual({ ...before, "token.create": entries.length + 1 })
		expect(await countsOf(collector)).toEqual(after)
		expect(await countsOf(auditActionsCollector({ db: databaseOf(pool) }))).toEqual(after)
	})

	it("is small on an incident's page: the alert's own values, with its limit and when it fired", async () => {
		const startsAt = new Date(Date.now() - HOUR).toISOString()
		await webhook.notify({ startsAt, labels: { alertname: "demo_busy", server: "files", severity: "critical" } })
		const id = await webhook.idOf("demo_busy")
		expect(await webhook.page(`/incidents/${id}`)).toContain(`src="/incidents/${id}/graph.svg?width=wide`)
		const svg = await (await webhook.api(`/incidents/${id}/graph.svg`)).text()
		for (const text of ["fired", "&gt; 0.5 * 1", "files", "The values behind demo_busy"]) expect(svg).toContain(text)
		expect(svg).not.toContain(">search<")
		await webhook.notify({ fingerprint: "0000000000000002", labels: { alertname: "of_another_system" } })
		const other = await webhook.api(`/incidents/${await webhook.idOf("of_another_system")}/graph.svg`)
		expect([other.status, await other.text()]).toEqual([200, expect.stringContaining("Prometheus has no")])
	})

	it("says in its panels that Prometheus is away, and still opens at once", async () => {
		await prometheus.stop()
		const started = performance.now()
		const page = await webhook.page("/boards/every-panel?from=now-2h")
		expect(performance.now() - started).toBeLessThan(5_000)
		expect(sectionOf(page, idOf("timeseries"))).toContain("Prometheus cannot be reached")
		expect(sectionOf(page, idOf("text"))).toContain("<strong>note</strong>")
	})
})
