import fc from "fast-check"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { may, ROLES, type Role } from "../../alert-webhook/domain/access/roles.ts"
import { csrfToken, sessionHash, sha256 } from "../../alert-webhook/domain/access/secrets.ts"
import { assetRoutes } from "../../alert-webhook/web/console/kit/assets.ts"
import type { Route } from "../../alert-webhook/web/http/route.ts"
import { allRoutes, type RouteOptions } from "../../alert-webhook/web/routes.ts"
import { alert, notification } from "../support/alert.ts"
import { eventually } from "../support/process.ts"
import { type RawAnswer, type RawRequest, sendRaw } from "../support/raw-request.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { CONSOLE_TOKEN, WEBHOOK_TOKEN } from "../support/webhook-client.ts"

// Only handlers use the options, and none is called here: this is the table that the running server answers by.
const table: readonly Route[] = [...allRoutes({} as RouteOptions), ...assetRoutes]
const nameOf = ({ method, path }: Route) => `${method} ${path}`

/** What every route that changes something takes one or the other of, so that a refusal is not the body's fault. */
const PLAUSIBLE = {
	...notification([alert({ name: "hostile", fingerprint: "hostile" })]),
	id: "1",
	upTo: "1",
	reason: "because",
	verdict: "false_positive",
	note: "because",
	action: "restartWorker",
	mode: "auto",
	name: "Mallory",
	role: "admin",
	actor: "Mallory",
}
/** Written to by the service itself, whether or not it gets requests. */
const BY_ITSELF = ["job_workers", "totals", "counted_once", "tracked_rows", "readers"]

let webhook: TestWebhook
let client: pg.Client
let secrets: string[]
const tokens = {} as Record<Role, string>
const cookies = {} as Record<Role, string>
let signedOut: string
let expired: string
let revoked: string

beforeAll(async () => {
	const databaseUrl = await migratedDatabase(inject("postgresUrl"))
	// Guesses come from an address of their own here, so that only guessing is slowed down.
	webhook = await startTestWebhook(databaseUrl, { env: { TRUST_PROXY: "loopback" } })
	client = new pg.Client(databaseUrl)
	await client.connect()
	for (const role of ROLES) {
		tokens[role] = (await webhook.createToken({ name: `a person ${role}`, role })).token
		cookies[role] = await signIn(tokens[role])
	}
	signedOut = await signIn(tokens.admin)
	const out = { method: "POST", path: "/sign-out", headers: byCookie(signedOut, csrfToken(signedOut)) }
	expect((await sendRaw(webhook.url, out)).status).toBe(303)

	expired = await signIn(tokens.admin)
	await client.query("update observatory.console_sessions set expires_at = now() where token_hash = $1", [
		sessionHash(CONSOLE_TOKEN, expired),
	])
	const short = await webhook.createToken({ name: "gone", role: "admin" })
	revoked = short.token
	await webhook.revokeToken(short.id)

	// An incident, a message and a remediation that waits, so that the number 1 means something everywhere.
	const labels = { remediation: "pauseAutonomousSessions" }
	await webhook.setPolicy({ action: "pauseAutonomousSessions", mode: "approve", cooldownSeconds: 0 })
	await webhook.notify({ labels })
	await webhook.deliverTo("slack-critical", notification([alert()]))
	await eventually(
		() => webhook.remediations(),
		([row]) => row?.state === "awaiting_approval",
	)
	// A tool call that waits for each route that answers one.
	for (const { path } of table.filter((route) => route.path.includes(":hash")))
		await client.query(
			`insert into observatory.tool_calls (hash, host, body, state, asked_at, expires_at)
			values ($1, 'host', '{"tool":"Bash","input":{}}', 'waiting', now(), now() + interval '1 hour') on conflict do nothing`,
			[sha256(path)],
		)
	secrets = [
		WEBHOOK_TOKEN,
		CONSOLE_TOKEN,
		...Object.values(tokens),
		...Object.values(cookies),
		signedOut,
		expired,
		revoked,
	]
	secrets.push(...secrets.map(sha256), ...secrets.map((secret) => sessionHash(CONSOLE_TOKEN, secret)), databaseUrl)
})
afterAll(async () => {
	await client?.end()
	await webhook?.stop()
})

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const byCookie = (session: string, csrf?: string) => ({
	cookie: `observatory_session=${session}`,
	...(csrf === undefined ? {} : { "x-csrf-token": csrf }),
})
const signIn = async (token: string) => {
	const body = `token=${token}&actor=person`
	const headers = { "content-type": "application/x-www-form-urlencoded" }
	const { headers: answered } = await sendRaw(webhook.url, { method: "POST", path: "/sign-in", headers, body })
	return /observatory_session=([^;]+)/.exec(answered["set-cookie"]?.[0] ?? "")?.[1] ?? ""
}

/** A digest of every row of every table that people and Alertmanager change. */
async function state(): Promise<Record<string, string>> {
	const { rows } = await client.query<{ name: string }>(
		"select table_name as name from information_schema.tables where table_schema = 'observatory' and table_type = 'BASE TABLE' order by 1",
	)
	const names = rows.map(({ name }) => name).filter((name) => !BY_ITSELF.includes(name))
	expect(names).toEqual(expect.arrayContaining(["audit_logs", "incidents", "remediations", "control", "access_tokens"]))
	const parts = names.map(
		(name) =>
			`(select md5(coalesce(string_agg(t::text, ',' order by t::text), '')) from observatory.${name} t) ${name}`,
	)
	const { rows: digests } = await client.query<Record<string, string>>(`select ${parts.join(", ")}`)
	return digests[0] ?? {}
}

/** What must be true of every answer to any request. */
function isDecent(answer: RawAnswer): void {
	expect(answer.status).toBeGreaterThanOrEqual(200)
	expect(answer.status, answer.body).toBeLessThan(500)
	expect(answer.body).not.toMatch(/^\s+at .+:\d+:\d+|node_modules|file:\/\/|Failed query|"observatory"\./m)
	expect(answer.body).not.toContain(process.cwd())
	for (const secret of secrets) expect(answer.body).not.toContain(secret)
	expect(JSON.stringify(answer.headers)).not.toMatch(new RegExp(secrets.join("|")))
	expect(answer.headers).toMatchObject({
		"content-security-policy": expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'/),
		"x-content-type-options": "nosniff",
		"x-frame-options": "SAMEORIGIN",
		"referrer-policy": "same-origin",
	})
	expect(answer.headers).not.toHaveProperty("x-powered-by")
}

const requestTo = (route: Route, headers: Record<string, string>, body: object = PLAUSIBLE): RawRequest => ({
	method: route.method,
	path: route.path.replace(":id", "1").replace(":hash", sha256(route.path)).replace(/:\w+/g, "database_down"),
	...(route.method === "POST"
		? { headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) }
		: { headers }),
})

/** All callers without the right to call a route, by a name for the report. */
function withoutTheRight({ access, method }: Route): Record<string, Record<string, string>> {
	if (access === "public") return {}
	const anonymous = {
		anonymous: {},
		"a wrong token": bearer("x".repeat(43)),
		"an empty token": { authorization: "Bearer " },
		"another scheme": { authorization: `Basic ${Buffer.from(`admin:${CONSOLE_TOKEN}`).toString("base64")}` },
		"a digest instead of its token": bearer(sha256(tokens.admin)),
		"a session that was signed out": byCookie(signedOut, csrfToken(signedOut)),
		"a session that has run out": byCookie(expired, csrfToken(expired)),
		"a token that was revoked": bearer(revoked),
		"a made-up session": byCookie("toString", csrfToken("toString")),
	}
	if (access === "alertmanager")
		return { ...anonymous, "an administrator": bearer(tokens.admin), "the console": byCookie(cookies.admin) }
	const below = ROLES.filter((role) => !may(role, access))
	const forged = {
		"a session without its form token": byCookie(cookies.admin),
		"a session with an empty form token": byCookie(cookies.admin, ""),
		"a session with another session's form token": byCookie(cookies.admin, csrfToken(cookies.viewer)),
		"a session with itself for a form token": byCookie(cookies.admin, cookies.admin),
	}
	return {
		...anonymous,
		"Alertmanager's token": bearer(WEBHOOK_TOKEN),
		...Object.fromEntries(below.map((role) => [`a ${role}'s token`, bearer(tokens[role])])),
		...Object.fromEntries(
			below.map((role) => [`a ${role}'s session`, byCookie(cookies[role], csrfToken(cookies[role]))]),
		),
		...(method === "POST" ? forged : {}),
	}
}

describe("every route of the receiver", () => {
	it.each(table.filter(({ access }) => access !== "public").map((route) => [nameOf(route), route] as const))(
		"%s refuses callers without the right, and nothing changes",
		async (_, route) => {
			const before = await state()
			for (const [who, headers] of Object.entries(withoutTheRight(route))) {
				const answer = await sendRaw(webhook.url, requestTo(route, headers))
				isDecent(answer)
				const toSignIn = answer.status === 303 && /^\/sign-in\?next=/.test(answer.headers.location ?? "")
				expect(toSignIn || [401, 403].includes(answer.status), `${who}: ${answer.status} ${answer.body}`).toBe(true)
				// Asked in other words, with the form token among the fields as of no kind that it could be.
				if (route.method !== "POST") continue
				for (const csrf of [{}, [cookies.admin], true, 1])
					expect((await sendRaw(webhook.url, requestTo(route, headers, { ...PLAUSIBLE, csrf }))).status).not.toBe(200)
			}
			expect(await state()).toEqual(before)
		},
	)

	it("lets those requests through for callers with the right, so that it was not the requests that were refused", async () => {
		const changed: string[] = []
		for (const route of table.filter(({ method, access }) => method === "POST" && access !== "public")) {
			const before = await state()
			const token = route.access === "alertmanager" ? WEBHOOK_TOKEN : CONSOLE_TOKEN
			// Only one token may have a name.
			const body = { ...PLAUSIBLE, name: `Mallory ${route.path}` }
			isDecent(await sendRaw(webhook.url, requestTo(route, bearer(token), body)))
			if (JSON.stringify(await state()) !== JSON.stringify(before)) changed.push(nameOf(route))
		}
		expect(changed).toEqual(
			expect.arrayContaining([
				"POST /api/alertmanager",
				"POST /api/incidents/:id/acknowledge",
				"POST /api/tokens",
				"POST /api/control/stop",
				"POST /api/control/release",
				"POST /api/remediation/policies",
			]),
		)
		expect(changed.length).toBeGreaterThan(table.filter(({ method }) => method === "POST").length / 2)
	})

	it("takes what a database cannot hold in any field of any question and any order, one at a time", async () => {
		const send = async (route: Route, field: string, odd: string) => {
			const token = route.access === "alertmanager" ? WEBHOOK_TOKEN : CONSOLE_TOKEN
			const asked = requestTo(route, bearer(token), { ...PLAUSIBLE, [field]: odd })
			const query = route.method === "GET" ? `?${field}=${encodeURIComponent(odd)}` : ""
			isDecent(await sendRaw(webhook.url, { ...asked, path: asked.path + query }))
		}
		for (const route of table.filter(({ access }) => access !== "public"))
			if (route.method === "POST") await Promise.all(TEXTS.map((field) => send(route, field, "\0 \uD800")))
			else
				for (const odd of ["\0", "9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00Z"])
					await Promise.all(QUESTIONS.map((field) => send(route, field, odd)))
	})

	it("answers whatever is sent to it with what was wrong, never with a failure or a secret, and changes nothing by it", async () => {
		await eventually(underWay, (n) => n === 0)
		await fc.assert(
			fc.asyncProperty(fc.constantFrom(...table), hostile, async (route, said) => {
				const before = await people()
				const answer = await sendRaw(webhook.url, spoil(route, said))
				isDecent(answer)
				if (answer.status >= 400) expect(await people()).toEqual(before)
			}),
			{ numRuns: 800, interruptAfterTimeLimit: 12_000, markInterruptAsFailure: false },
		)
		expect(await webhook.verifyAudit()).toMatchObject({ whole: true })
	})
})

/** Remediations that would still do something by themselves. */
const underWay = async () =>
	(await client.query("select from observatory.remediations where state in ('approved', 'running')")).rowCount

/** What people have done so far; the observatory itself may continue with earlier requests. */
const people = async () =>
	(
		await client.query(`
			select (select count(*) from observatory.audit_logs where actor <> 'observatory') audit,
				(select md5(string_agg(concat_ws(',', id, acknowledged_by, verdict, verdict_by, verdict_note), ';' order by id))
					from observatory.incidents) incidents,
				(select md5(string_agg(t::text, ';' order by id)) from observatory.access_tokens t) tokens,
				(select md5(string_agg(concat_ws(',', id, read_at), ';' order by id)) from observatory.inbox where channel <> 'unreadable') inbox,
				(select md5(string_agg(t::text, ';' order by action, target)) from observatory.remediation_policies t) policies,
				(select concat_ws(',', state, revision, changed_by) from observatory.control) control,
				(select concat_ws(',', paused_at, paused_by) from observatory.automation) automation`)
	).rows[0]

const NASTY = [
	"",
	"\0",
	"a\0b",
	"\u0001\u001b[2J\r\nset-cookie: a=b",
	"\uD800",
	"__proto__",
	"constructor",
	"toString",
	"' or 1=1 --",
	"<script>alert(1)</script>",
	"../../../etc/passwd",
	"//example.com",
	"-1",
	"0",
	"1e9",
	"NaN",
	"9007199254740991",
	"9007199254740993",
	"99999999999999999999",
	"0000-01-01T00:00:00Z",
	"9999-12-31T23:59:59-23:59",
	"x".repeat(3_000),
	"\u{1F4A9}".repeat(500),
]
const nasty = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: "binary", maxLength: 40 }))
/** Fields of query strings, and fields that end up as text in a row. */
const QUESTIONS = [
	"status",
	"severity",
	"alertname",
	"channel",
	"state",
	"actor",
	"action",
	"target",
	"from",
	"to",
	"cursor",
	"next",
]
const TEXTS = ["reason", "note", "name", "target", "actor", "token", "next"]
const FIELDS = [
	...Object.keys(PLAUSIBLE),
	...["csrf", "token", "next", "target", "state", "limit", "cursor", "channel", "unread", "status", "severity"],
	...[
		"alertname",
		"from",
		"to",
		"days",
		"cooldownSeconds",
		"maxPerHour",
		"breakerFailures",
		"__proto__",
		"constructor",
	],
]
const value: fc.Arbitrary<unknown> = fc.oneof(
	nasty,
	fc.jsonValue({ maxDepth: 2 }),
	fc.constantFrom(null, {}, [], [{}], -1, 1e308, Number.MAX_SAFE_INTEGER, true, [notification([{ labels: null }])]),
)
/** Fields as pairs: an object literal could not have `__proto__` among them. */
const fields = fc.array(fc.tuple(fc.constantFrom(...FIELDS), value), { maxLength: 6 })
const spoilt = fields.map((pairs) => Object.fromEntries([...Object.entries(PLAUSIBLE), ...pairs]))
const deep = (n: number) => `{"reason":${"[".repeat(n)}${"]".repeat(n)}}`
const body: fc.Arbitrary<string | Buffer> = fc.oneof(
	{ weight: 6, arbitrary: spoilt.map((object) => JSON.stringify(object)) },
	{ weight: 2, arbitrary: fc.json() },
	{
		weight: 2,
		arbitrary: fields.map((pairs) =>
			new URLSearchParams(pairs.map(([k, v]): [string, string] => [k, textOf(v)])).toString(),
		),
	},
	{
		weight: 2,
		arbitrary: fc
			.record({ labels: value, annotations: value, startsAt: value, endsAt: value, fingerprint: value })
			.map((odd) =>
				JSON.stringify(
					notification([odd, { ...alert(), ...odd }, { ...alert(), startsAt: odd.startsAt, endsAt: odd.endsAt }]),
				),
			),
	},
	fc.constantFrom("", "null", "[]", "{", '"', '{"__proto__":{"role":"admin"}}', '{"a":1}\0', deep(5_000), deep(60_000)),
	fc.constantFrom(70_000, 9_000_000).map((n) => JSON.stringify({ ...PLAUSIBLE, reason: "x".repeat(n) })),
	fc.constant(Array.from({ length: 200 }, (_, i) => `a${i}[b][c]=1`).join("&")),
	fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
)
const contentType = fc.constantFrom(
	"application/json",
	"application/json",
	"application/x-www-form-urlencoded",
	"application/json; charset=utf-7",
	"application/x-www-form-urlencoded; charset=koi8-r",
	"multipart/form-data; boundary=",
	"text/plain",
	"application/json, text/html",
	"\u00ff",
	"",
)
const hostile = fc.record({
	who: fc.constantFrom("token", "token", "viewer", "session", "session", "form", "alertmanager", "anonymous"),
	id: fc.oneof(fc.constant("1"), nasty),
	/** Percent signs that encode nothing, in a path or a query. */
	broken: fc.constantFrom("", "", "", "%", "%zz", "%ff%fe", "%00", "/", "//"),
	query: fields,
	contentType,
	encoding: fc.constantFrom("", "", "", "", "gzip", "br", "nonsense"),
	body,
	from: fc.nat(254).map((n) => `198.51.100.${n}`),
	more: fc.constantFrom(
		{},
		{},
		{ referer: "http://[" },
		{ "x-refresh": "1" },
		{ "x-forwarded-for": "\u00fe" },
		{ cookie: "=;;=a" },
	),
})
type Hostile = typeof hostile extends fc.Arbitrary<infer T> ? T : never

/** `String` would ask an object for its own `toString`, which may be anything here. */
const textOf = (value: unknown) => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""))

const escaped = (text: string) => encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\uFFFD")).slice(0, 6_000)

function spoil(route: Route, said: Hostile): RawRequest {
	const session = cookies.admin
	const who = {
		token: bearer(route.access === "alertmanager" ? WEBHOOK_TOKEN : CONSOLE_TOKEN),
		viewer: bearer(tokens.viewer),
		session: byCookie(session, csrfToken(session)),
		form: byCookie(session),
		alertmanager: bearer(WEBHOOK_TOKEN),
		anonymous: {},
	}[said.who as "token"]
	const path = route.path.replace(/:\w+/, escaped(said.id).slice(0, 4_000) + said.broken)
	const query = said.query.map(([name, value]) => `${name}=${escaped(textOf(value)).slice(0, 1_500)}${said.broken}`)
	return {
		method: route.method,
		path: (query.length > 0 ? `${path}?${query.join("&")}` : path).slice(0, 12_000),
		headers: {
			"x-forwarded-for": said.from,
			...said.more,
			...who,
			...(route.method === "POST" && said.contentType ? { "content-type": said.contentType } : {}),
			...(route.method === "POST" && said.encoding ? { "content-encoding": said.encoding } : {}),
		},
		...(route.method === "POST" ? { body: said.body } : {}),
	}
}
