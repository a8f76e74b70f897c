import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { Attempts } from "../../alert-webhook/domain/access/attempts.ts"
import { may } from "../../alert-webhook/domain/access/roles.ts"
import { allRoutes } from "../../alert-webhook/web/routes.ts"
import { systemClock } from "../../core/lib/clock.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { type AlertInput, alert, notification } from "../support/alert.ts"
import { type LocalServer, serve } from "../support/local-server.ts"
import { type MovingClock, movingClock } from "../support/moving-clock.ts"
import { startPostgres } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { type Incident, UNLIMITED, WEBHOOK_TOKEN } from "../support/webhook-client.ts"

let webhook: TestWebhook
beforeAll(async () => {
	webhook = await startTestWebhook(await migratedDatabase(inject("postgresUrl")))
	const names = ["database_down", "mcp_server_degraded", "review_backlog", "high_token_usage", "improvement_deployed"]
	for (const [i, name] of names.entries())
		await webhook.notify({ name, fingerprint: `f${i}`, severity: i % 2 ? "warning" : "critical" })
	await webhook.notify({ name: "improvement_deployed", fingerprint: "f4", status: "resolved" })
})
afterAll(() => webhook?.stop())

const idsOf = (incidents: readonly Incident[]) => incidents.map(({ id }) => id)

describe("GET /api/incidents", () => {
	it("pages through all of them, newest first, without gap or repeat", async () => {
		const seen: number[] = []
		let cursor: number | null | undefined
		do {
			const path = `/api/incidents?limit=2${cursor ? `&cursor=${cursor}` : ""}`
			const page = await webhook.json<{ incidents: Incident[]; nextCursor: number | null }>(path)
			seen.push(...idsOf(page.incidents))
			cursor = page.nextCursor
		} while (cursor)
		expect(seen).toEqual(idsOf(await webhook.incidents()))
		expect(seen).toHaveLength(5)
		expect(seen).toEqual([...seen].sort((a, b) => b - a))
	})

	it("filters by status, severity and name", async () => {
		expect(idsOf(await webhook.incidents({ status: "resolved" }))).toHaveLength(1)
		expect(idsOf(await webhook.incidents({ status: "firing", severity: "warning" }))).toHaveLength(2)
		expect(await webhook.json("/api/incidents?alertname=database_down")).toMatchObject({
			incidents: [{ alertname: "database_down" }],
			nextCursor: null,
		})
	})

	it.each(["limit=0", "limit=x", "status=open", "cursor=-1", "severity="])("refuses %s by name", async (query) => {
		const response = await webhook.api(`/api/incidents?${query}`)
		expect(response.status).toBe(400)
		expect(await response.text()).toContain(query.split("=")[0])
	})
})

describe("a search of incidents", () => {
	const found = async (query: Record<string, string>) => {
		const page = await webhook.json<{ incidents: Incident[] }>(`/api/incidents?${new URLSearchParams(query)}`)
		return page.incidents.map(({ alertname }) => alertname).sort()
	}
	beforeAll(async () => {
		const search = { environment: "search" }
		await webhook.notify(
			{ name: "slow_queries", fingerprint: "s1", labels: { ...search, server: "git_hub" } },
			{
				name: "queue_full",
				fingerprint: "s2",
				labels: { ...search, server: "gitxhub.io" },
				annotations: { summary: "50% of Jobs wait" },
			},
			{ name: "no_server", fingerprint: "s3", severity: "warning", labels: search },
		)
		await webhook.notify({
			name: "no_server",
			fingerprint: "s3",
			severity: "warning",
			labels: search,
			status: "resolved",
		})
	})
	const all = ["no_server", "queue_full", "slow_queries"]

	it.each([
		['server="git_hub"', ["slow_queries"]],
		["server=~git_.*", ["slow_queries"]],
		["server=~git.*|other", ["queue_full", "slow_queries"]],
		["server=~.*hub\\.io", ["queue_full"]],
		["server!=git_hub", ["no_server", "queue_full"]],
		["server!~.*hub.*", ["no_server"]],
		['server=""', ["no_server"]],
		["server=~.*", all],
		["severity=warning, alertname=~no_.*", ["no_server"]],
	])("matches the labels %s as the rest of the field does", async (matchers, names) => {
		expect(await found({ matchers: `environment="search", ${matchers}` })).toEqual(names)
	})

	it("finds texts in any case, and combines them with state, severity and time", async () => {
		expect(await found({ q: "50% of JOBS" })).toEqual(["queue_full"])
		expect(await found({ q: "%" })).toEqual(["queue_full"])
		const matchers = "environment=search"
		expect(await found({ matchers, status: "resolved" })).toEqual(["no_server"])
		expect(await found({ matchers, severity: "warning" })).toEqual(["no_server"])
		expect(await found({ matchers, state: "acknowledged" })).toEqual([])
		expect(await found({ matchers, state: "not_acknowledged", q: "slow" })).toEqual(["slow_queries"])
		expect(await found({ matchers, from: new Date(Date.now() + 3_600_000).toISOString() })).toEqual([])
		expect(await found({ matchers, to: "2001-01-01T00:00" })).toEqual([])
		expect(await found({ matchers, from: "2001-01-01T00:00Z" })).toEqual(all)
	})

	it("says what is wrong with matchers, and then filters nothing on a page", async () => {
		const refused = await webhook.api("/api/incidents?matchers=component")
		expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining("expected a matcher such as")])
		const page = await webhook.page("/?matchers=server%3D~(a%2B)%2B&q=")
		expect(page).toMatch(/role="alert">The list is not filtered\. matchers: the pattern of server may only have text/)
		expect(page).toContain(">slow_queries</a>")
		expect(page).toContain('value="server=~(a+)+"')
	})

	it("filters both lists of the console, and keeps its fields", async () => {
		const open = await webhook.page("/?q=queue&matchers=environment%3Dsearch&severity=")
		expect(open).toMatch(/1 of \d+ open incidents match: “queue”, <code>environment=search<\/code>/)
		expect(open).not.toContain(">slow_queries</a>")
		expect(open).toContain('name="q" type="search" maxlength="200" value="queue"')
		expect(await webhook.page("/resolved?q=no_server")).toContain(">no_server</a>")
		expect(await webhook.page("/resolved?q=queue_full")).toContain("No resolved incident here matches")
	})
})

describe("acknowledging", () => {
	it("acknowledges the selected incidents at once, each in the audit log, and leaves the others as they are", async () => {
		const labels = { environment: "bulk" }
		for (const n of [1, 2, 3]) await webhook.notify({ name: `bulk_${n}`, fingerprint: `bulk-${n}`, labels })
		const ids = await Promise.all([1, 2, 3].map((n) => webhook.idOf(`bulk_${n}`)))
		const [first = 0, second = 0, third = 0] = ids
		expect((await webhook.acknowledge(second)).status).toBe(200)
		const answer = await webhook.post("/api/incidents/acknowledge", { ids: [first, second, first, 999999] })
		const { acknowledged, unchanged } = (await answer.json()) as { acknowledged: Incident[]; unchanged: number[] }
		expect([idsOf(acknowledged), unchanged]).toEqual([[first], [second, 999999]])
		expect(await webhook.timeline(third)).toEqual(["fired", "received"])
		for (const id of [first, second])
			expect(await webhook.audit({ action: "incident.acknowledge", target: `incident:${id}` })).toHaveLength(1)
		for (const body of [{}, { ids: [] }, { ids: "x" }, { ids: Array.from({ length: 201 }, (_, i) => i + 1) }])
			expect((await webhook.post("/api/incidents/acknowledge", body)).status).toBe(400)
		const { token } = await webhook.createToken({ name: "Vera", role: "viewer" })
		const asViewer = { method: "POST", headers: { authorization: `Bearer ${token}` } }
		expect((await fetch(`${webhook.url}/api/incidents/acknowledge`, asViewer)).status).toBe(403)
	})

	it("gives the incident to the first, records it on the timeline once, and refuses resolved incidents", async () => {
		const id = await webhook.idOf("database_down")
		for (let i = 0; i < 2; i++) expect((await webhook.acknowledge(id)).status).toBe(200)
		expect(await webhook.timeline(id)).toEqual(["fired", "received", "acknowledged"])

		const [over] = await webhook.incidents({ status: "resolved" })
		expect((await webhook.acknowledge(over?.id ?? 0)).status).toBe(409)
		expect((await webhook.acknowledge(999999)).status).toBe(404)
		expect((await webhook.api("/api/incidents/1e3")).status).toBe(400)
	})
})

describe("closing an incident", () => {
	it("says what it was, counts it, and lets people change their minds", async () => {
		const [one, two] = await webhook.incidents({ severity: "warning" })
		expect((await webhook.close(one?.id ?? 0, { verdict: "false_positive", note: "a test" })).status).toBe(200)
		expect((await webhook.close(one?.id ?? 0, { verdict: "true_positive" })).status).toBe(200)
		expect((await webhook.close(two?.id ?? 0, { verdict: "expected" })).status).toBe(200)
		expect((await webhook.post("/api/incidents/1/close", { verdict: "maybe" })).status).toBe(400)
		expect((await webhook.close(999_999, { verdict: "expected" })).status).toBe(404)
		const text = await webhook.metrics()
		expect(text).toContain('observatory_incident_verdicts{verdict="true_positive"} 1')
		expect(text).toContain('observatory_incident_verdicts{verdict="false_positive"} 0')
		expect(text).toContain('observatory_incident_verdicts{verdict="expected"} 1')
		expect((await webhook.timeline(one?.id ?? 0)).filter((kind) => kind === "closed")).toHaveLength(2)
	})

	it("exports how long it took until it was known, acknowledged and resolved, once for each", async () => {
		const startsAt = new Date(Date.now() - 600_000).toISOString()
		const timed = { name: "timed", fingerprint: "timed", severity: "info", startsAt, labels: { channels: ",ops," } }
		await webhook.notify(timed)
		const id = await webhook.idOf("timed")
		await webhook.acknowledge(id)
		await webhook.deliverTo("ops", notification([alert(timed)]))
		// Neither an earlier instance of the alert nor another alert counts as its notification.
		await webhook.deliverTo("ops", notification([alert({ ...timed, fingerprint: "other" })]))
		await webhook.notify({ ...timed, status: "resolved", endsAt: new Date().toISOString() })
		const text = await eventually(
			() => webhook.metrics(),
			(now) => now.includes('observatory_incident_resolution_seconds_count{severity="info",remediated="no"} 1'),
		)
		expect(text).toContain('observatory_incident_resolution_seconds_bucket{severity="info",remediated="no",le="300"} 0')
		expect(text).toContain(
			'observatory_incident_resolution_seconds_bucket{severity="info",remediated="no",le="1200"} 1',
		)
		expect(text).toContain('observatory_incident_detection_seconds_count{severity="info",onset="bounded"} 1')
		expect(text).toContain('observatory_incident_step_seconds_bucket{severity="info",step="notified",le="600"} 0')
		expect(text).toContain('observatory_incident_step_seconds_bucket{severity="info",step="notified",le="1800"} 1')
		const { clock, notified } = await webhook.incident(id)
		// No Prometheus knows this alert, so that its onset may be earlier.
		expect(clock).toMatchObject({ onset: "bounded", onsetFrom: "alert", onsetAt: startsAt, pendingAt: null })
		expect(notified).toMatchObject([{ channel: "ops", evidence: "inbox" }])
		expect(await webhook.timeline(id)).toEqual(["fired", "received", "acknowledged", "notified", "resolved"])
		expect(text).toContain('observatory_incident_acknowledgement_seconds_bucket{severity="info",le="30"} 1')
	})

	it("counts closing an open incident as an acknowledgement, and a verdict on a resolved one not", async () => {
		const close = async (name: string) => webhook.close(await webhook.idOf(name), { verdict: "expected" })
		const say = (name: string, status: "firing" | "resolved") =>
			webhook.notify({ name, fingerprint: name, severity: "other", status })
		await Promise.all([say("closed", "firing"), say("ended", "firing")])
		await close("closed")
		await say("ended", "resolved")
		await close("ended")
		await say("closed", "resolved")
		const text = await eventually(
			() => webhook.metrics(),
			(now) => now.includes('observatory_incident_resolution_seconds_count{severity="other",remediated="no"} 2'),
		)
		expect(text).toContain('observatory_incident_acknowledgement_seconds_count{severity="other"} 1')
	})
})

describe("what follows when an incident is closed", () => {
	const POLICIES =
		"policies: { quick: { levels: [{ after: 0s, channels: [ops] }, { after: 1h, channels: [phone] }] } }\nseverities: { critical: quick }\n"
	let lively: TestWebhook
	let clock: MovingClock
	let supervisor: LocalServer
	beforeAll(async () => {
		supervisor = await serve((_, res) => void res.writeHead(500).end())
		const folder = mkdtempSync(path.join(tmpdir(), "observatory-closing-"))
		const file = (name: string, text: string) => {
			writeFileSync(path.join(folder, name), text)
			return path.join(folder, name)
		}
		const restarter = { http: { url: supervisor.url } }
		const env = {
			ESCALATION_POLICIES: file("policies.yaml", POLICIES),
			REMEDIATION_CONFIG: file("remediation.yaml", JSON.stringify({ workers: { asks: restarter, fails: restarter } })),
		}
		const databaseUrl = await migratedDatabase(inject("postgresUrl"))
		clock = movingClock(databaseUrl)
		lively = await startTestWebhook(databaseUrl, { clock, env })
		for (const [target, mode] of [
			["asks", "approve"],
			["fails", "auto"],
		] as const)
			await lively.setPolicy({ action: "restartWorker", target, mode, ...UNLIMITED })
	})
	afterAll(async () => {
		await lively?.stop()
		await supervisor?.close()
	})

	const say = async (name: string, more: AlertInput = {}) => {
		await lively.notify({ name, fingerprint: name, ...more })
		return lively.idOf(name)
	}
	/** Open pages, by kind. */
	const openPages = async () => {
		const text = await lively.metrics()
		const found = text.matchAll(/^observatory_pages_open\{kind="(\w+)"\} (\d+)$/gm)
		return Object.fromEntries([...found].map(([, kind, n]) => [kind, Number(n)]))
	}

	it.each([
		["asks", "remediation_awaiting_approval", "approval"],
		["fails", "remediation_failed", "remediation_failed"],
	])(
		"pages no one any more, neither about what was due nor about a remediation that %s",
		async (worker, state, page) => {
			const id = await say(worker, { labels: { remediation: "restartWorker", worker } })
			await eventually(
				() => lively.timeline(id),
				(kinds) => kinds.includes(state) && kinds.includes("escalated"),
			)
			expect((await openPages())[page]).toBe(1)
			const [row] = await lively.remediations()
			expect((await lively.close(id, { verdict: "false_positive" })).status).toBe(200)
			expect(await openPages()).toEqual({
				escalation: 0,
				approval: 0,
				call_approval: 0,
				remediation_failed: 0,
				emergency_stop: 0,
				heartbeat_lost: 0,
				pages_silenced: 0,
			})
			expect((await lively.approve(row?.id ?? 0)).status).toBe(409)
			const closed = await lively.timeline(id)
			await clock.advance(2 * 3_600_000)
			expect(await lively.timeline(id)).toEqual(closed)
			expect(await openPages()).toEqual({
				escalation: 0,
				approval: 0,
				call_approval: 0,
				remediation_failed: 0,
				emergency_stop: 0,
				heartbeat_lost: 0,
				pages_silenced: 0,
			})
		},
	)

	it("gives an open incident to the person who closes it, and a resolved one to no one", async () => {
		const closeAs = async (id: number) => {
			const response = await lively.close(id, { verdict: "expected" })
			return (await response.json()) as { acknowledgedBy: string | null; acknowledgedAt: string | null }
		}
		const open = await say("open", { severity: "warning" })
		expect(await closeAs(open)).toMatchObject({ acknowledgedBy: "console token", acknowledgedAt: expect.any(String) })
		await say("over", { severity: "warning" })
		const over = await say("over", { severity: "warning", status: "resolved" })
		expect(await closeAs(over)).toMatchObject({ acknowledgedBy: null, acknowledgedAt: null })
		const page = await lively.page(`/incidents/${over}`)
		expect(page).toContain("<dt>Acknowledged by</dt><dd>no one yet</dd>")
	})
})

describe("every route", () => {
	const routes = allRoutes({
		telemetry: new MetricRegistry(),
		metricsToken: undefined,
		gateToken: undefined,
		guard: {
			webhookToken: "",
			personOf: async () => undefined,
			attempts: new Attempts(systemClock),
		},
		secure: false,
		intake: {} as never,
		onTruncated: () => undefined,
		changes: {} as never,
		grafanaUrl: "",
	})
	const pathOf = (path: string) => path.replace(":name", "unknown").replace(/:\w+/g, "1")

	it.each(
		routes.filter(({ access }) => access !== "public").map((route) => [route.method, route.path, route] as const),
	)("%s %s refuses a caller without a token and one with a wrong token", async (method, path, route) => {
		for (const headers of [{}, { authorization: "Bearer wrong" }, { cookie: "observatory_session=forged" }] as Record<
			string,
			string
		>[]) {
			const response = await fetch(`${webhook.url}${pathOf(path)}`, { method, headers, redirect: "manual" })
			if (route.answer === "page" && method === "GET") {
				expect(response.status).toBe(303)
				expect(response.headers.get("location")).toMatch(/^\/sign-in\?next=/)
			} else expect(response.status).toBe(401)
		}
	})

	it.each(
		routes
			.filter(({ access }) => access !== "public" && access !== "alertmanager")
			.map((route) => [route.method, route.path] as const),
	)("%s %s is closed to Alertmanager's token", async (method, path) => {
		const response = await fetch(`${webhook.url}${pathOf(path)}`, {
			method,
			headers: { authorization: `Bearer ${WEBHOOK_TOKEN}` },
			redirect: "manual",
		})
		expect([303, 401]).toContain(response.status)
	})

	it.each(["viewer", "responder"] as const)(
		"is closed to a %s where it asks for more, and open where it does not",
		async (role) => {
			const created = await webhook.requestToken({ name: `a ${role}`, role })
			expect(created.status).toBe(201)
			const { token } = (await created.json()) as { token: string }
			for (const route of routes) {
				if (route.access === "public" || route.access === "alertmanager") continue
				const allowed = may(role, route.access)
				// A stream does not end, and what changes something is tried in its own test.
				if (allowed && (route.method === "POST" || route.path === "/changes")) continue
				const headers = { authorization: `Bearer ${token}` }
				const { status } = await fetch(`${webhook.url}${pathOf(route.path)}`, {
					method: route.method,
					headers,
					redirect: "manual",
				})
				if (allowed) expect([200, 400, 404], route.path).toContain(status)
				else expect(status, `${route.method} ${route.path}`).toBe(403)
			}
		},
	)

	it("sends security headers, and says 404 to what is not there", async () => {
		const response = await fetch(`${webhook.url}/nothing`)
		expect(response.status).toBe(404)
		expect(response.headers.get("content-security-policy")).toContain("default-src 'none'")
		expect(response.headers.get("x-content-type-options")).toBe("nosniff")
		expect(response.headers.get("x-powered-by")).toBeNull()
	})
})

describe("with the database away", () => {
	it("answers 503 so that Alertmanager tries again, stays alive, and works again by itself", async () => {
		const postgres = await startPostgres()
		const lonely = await startTestWebhook(postgres.url())
		try {
			expect((await fetch(`${lonely.url}/readyz`)).status).toBe(200)
			await postgres.stop()
			expect((await lonely.notify({})).status).toBe(503)
			expect((await lonely.deliver("{")).status).toBe(503)
			expect((await fetch(`${lonely.url}/readyz`)).status).toBe(503)
			expect((await fetch(`${lonely.url}/healthz`)).status).toBe(200)
			expect((await lonely.api("/api/incidents")).status).toBe(503)
			const metrics = await lonely.metrics()
			expect(metrics).toContain('observatory_notifications_received_total{result="unavailable"} 2')
			expect(metrics).not.toMatch(/observatory_incidents_open\{/)
			await postgres.start()
			expect((await lonely.notify({})).status).toBe(200)
			expect(await lonely.incidents()).toHaveLength(1)
		} finally {
			await lonely.stop()
			await postgres.remove()
		}
	})
})
