import { mkdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { type Clock, manualClock } from "../../core/lib/clock.ts"
import { alert, notification } from "../support/alert.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { CONSOLE_TOKEN } from "../support/webhook-client.ts"

const DAY = 86_400_000
const HOUR = 3_600_000

let webhook: TestWebhook
let clock: Clock & { advance(ms: number): void }
let client: pg.Client
let databaseUrl: string

beforeAll(async () => {
	databaseUrl = await migratedDatabase(inject("postgresUrl"))
	clock = manualClock(Date.now())
	webhook = await startTestWebhook(databaseUrl, { clock, env: { TRUST_PROXY: "loopback" } })
	client = new pg.Client(databaseUrl)
	await client.connect()
})
afterAll(async () => {
	await client?.end()
	await webhook?.stop()
})

/** Signs in from an address; the session is empty when that did not work. */
const signIn = (form: { token: string; actor?: string }, address = "192.0.2.1") =>
	webhook.signIn(form, { "x-forwarded-for": address })

const ask = async (headers: Record<string, string>, url = webhook.url) =>
	(await fetch(`${url}/api/incidents`, { headers: { "x-forwarded-for": "192.0.2.1", ...headers } })).status
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const audit = async (action: string) =>
	(
		await client.query("select actor, address, details from observatory.audit_logs where action = $1 order by seq", [
			action,
		])
	).rows

describe("a token", () => {
	it("opens nothing once it is revoked, and neither does a session that was opened with it", async () => {
		const { id, token } = await webhook.createToken({ name: "Grace", role: "responder" })
		const { session } = await signIn({ token })
		expect([await ask(bearer(token)), await ask({ cookie: session })]).toEqual([200, 200])
		await webhook.revokeToken(id)
		expect([await ask(bearer(token)), await ask({ cookie: session })]).toEqual([401, 401])
		const shown = JSON.stringify(await webhook.json("/api/tokens")) + JSON.stringify(await webhook.audit())
		expect(shown).toContain("Grace")
		expect(shown).not.toContain(token)
	})

	it("that is revoked while a person signs in with it leaves no session behind", async () => {
		const { id, token } = await webhook.createToken({ name: "Mallory", role: "admin" })
		const { session } = await signIn({ token })
		// As a sign-in leaves it that was under way while the revocation looked for sessions.
		await client.query("update observatory.access_tokens set revoked_at = now() where id = $1", [id])
		expect(await ask({ cookie: session })).toBe(401)
	})

	it("opens nothing when its days have passed, and neither does a session that was opened just before", async () => {
		const { token } = await webhook.createToken({ name: "Edsger", role: "viewer", days: 1 })
		clock.advance(DAY - HOUR)
		const { session } = await signIn({ token })
		expect([await ask(bearer(token)), await ask({ cookie: session })]).toEqual([200, 200])
		clock.advance(HOUR)
		expect([await ask(bearer(token)), await ask({ cookie: session })]).toEqual([401, 401])
	})
})

describe("the shared token", () => {
	it("ends every session when it is changed", async () => {
		const { session } = await signIn({ token: CONSOLE_TOKEN, actor: "Ada" })
		expect(await ask({ cookie: session })).toBe(200)
		const rotated = await startTestWebhook(databaseUrl, {
			clock,
			env: { TRUST_PROXY: "loopback", CONSOLE_TOKEN: "another-console-token" },
		})
		try {
			expect(await ask({ cookie: session }, rotated.url)).toBe(401)
		} finally {
			await rotated.stop()
		}
	})

	it.each([
		"observatory",
		"Observatory",
		"console token",
		"signed link (on-call)",
		"Barbara",
		"barbara",
		"B\u0430rbara",
		"Barb\u200Bara",
		"0bservatory",
		"\u0410da",
		"",
	])("lets no one in as %j, which is another person's name or none", async (actor) => {
		if (actor === "Barbara") await webhook.createToken({ name: "Barbara", role: "viewer" })
		const { status, session } = await signIn({ token: CONSOLE_TOKEN, actor })
		expect([status, session]).toEqual([400, ""])
	})

	it("cannot be created under the observatory's own name", async () => {
		expect((await webhook.requestToken({ name: "Observatory", role: "viewer" })).status).toBe(400)
	})

	it("is the only valid one of its name, however the name is spelled, until it is revoked", async () => {
		const ask = async (name: string) => (await webhook.requestToken({ name, role: "viewer" })).status
		const { id, token, name } = await webhook.createToken({ name: "  Margaret  Hamilton", role: "responder" })
		expect(name).toBe("Margaret Hamilton")
		expect(await ask("margaret hamilton")).toBe(409)
		for (const same of ["Margaret Hami1ton", "Margaret\u200B Hamilton"]) expect(await ask(same)).toBe(409)
		for (const odd of ["M\u0430rgaret Hamilton", "Margaret\u001b[1m", "Mar\u00ADgaret"])
			expect(await ask(odd)).toBe(400)
		const both = await Promise.all([ask("Katherine"), ask("KATHERINE")])
		expect(both.sort()).toEqual([201, 409])
		await webhook.revokeToken(id)
		const again = await webhook.createToken({ name: "Margaret Hamilton", role: "responder" })
		expect(again.token).not.toBe(token)
	})

	it("is named in every audit line of its owner", async () => {
		const { id, token } = await webhook.createToken({ name: "Dorothy", role: "responder" })
		const body = JSON.stringify({ reason: "tidy \u001b[2J\u202Eup" })
		const headers = { ...bearer(token), "content-type": "application/json" }
		expect((await fetch(`${webhook.url}/api/control/pause`, { method: "POST", headers, body })).status).toBe(200)
		expect(await webhook.audit({ actor: "Dorothy" })).toMatchObject([
			{ action: "control.pause", tokenId: id, details: { reason: "tidy \ufffd[2Jup" } },
		])
		const [created] = await webhook.audit({ action: "token.create", target: `token:${id}` })
		expect(created?.tokenId).toBeNull()
	})
})

describe("a sign-in link", () => {
	const create = async (name = "Ada", headers: Record<string, string> = {}) => {
		const response = await webhook.post("/api/sign-in-links", { name }, { headers })
		expect(response.status).toBe(201)
		const { pathname, search, searchParams } = new URL(((await response.json()) as { url: string }).url)
		return { url: `${webhook.url}${pathname}${search}`, link: searchParams.get("link") ?? "" }
	}
	const use = async (link: string, actor = "Ada") => {
		const body = new URLSearchParams({ link, actor })
		const response = await fetch(`${webhook.url}/sign-in`, { method: "POST", body, redirect: "manual" })
		const session = response.headers.getSetCookie()[0]?.split(";")[0] ?? ""
		return { status: response.status, session, text: await response.text() }
	}

	it("signs in once, by its form only, and is stored as a digest", async () => {
		const { url, link } = await create("Ada Lovelace")
		// As programs that preview links and browsers that prefetch do.
		for (let i = 0; i < 3; i++) {
			const preview = await fetch(url, { redirect: "manual" })
			const text = await preview.text()
			expect([preview.status, preview.headers.getSetCookie()]).toEqual([200, []])
			expect(text).toContain('value="Ada Lovelace"')
		}
		const { session, status } = await use(link, "Ada Lovelace")
		expect([status, await ask({ cookie: session })]).toEqual([303, 200])
		const again = await use(link)
		expect([again.status, again.session]).toEqual([401, ""])
		expect(again.text).toContain("was used before")
		expect(await (await fetch(url)).text()).toContain("was used before")
		const { rows } = await client.query("select * from observatory.sign_in_links")
		expect(JSON.stringify(rows)).not.toContain(link)
		expect(await audit("console.sign_in")).toContainEqual({
			actor: "Ada Lovelace",
			address: expect.any(String),
			details: { role: "admin", token: "console token", link: true },
		})
	})

	it("signs in one of several people who use it at the same moment", async () => {
		const { link } = await create()
		const answers = await Promise.all(["Ada", "Bo", "Cy"].map((actor) => use(link, actor)))
		expect(answers.map(({ status }) => status).sort()).toEqual([303, 401, 401])
	})

	it("expires, and is not used up by a name that cannot be one", async () => {
		const { link } = await create()
		const refused = await use(link, "observatory")
		expect([refused.status, refused.text.includes(link)]).toEqual([400, true])
		clock.advance(15 * 60_000 - 1)
		expect((await use(link)).status).toBe(303)
		const { link: late } = await create()
		clock.advance(15 * 60_000)
		const expired = await use(late)
		expect([expired.status, expired.session]).toEqual([401, ""])
		expect(expired.text).toContain("has expired")
		expect((await use("guessed")).status).toBe(401)
	})

	it("of a personal token has its name, and is not usable once the token is revoked", async () => {
		const { id, token } = await webhook.createToken({ name: "Hedy", role: "admin" })
		const [first, second] = [await create("Ada", bearer(token)), await create("Ada", bearer(token))]
		expect(await (await fetch(first.url)).text()).toContain("Hedy")
		const { session } = await use(first.link, "Ada")
		expect(await ask({ cookie: session })).toBe(200)
		expect(await audit("console.sign_in")).toContainEqual({
			actor: "Hedy",
			address: expect.any(String),
			details: { role: "admin", token: id, link: true },
		})
		await webhook.revokeToken(id)
		expect((await use(second.link)).status).toBe(401)
		expect(await ask({ cookie: session })).toBe(401)
	})

	it("is created by administrators only", async () => {
		const { token } = await webhook.createToken({ name: "Vera", role: "responder" })
		expect((await webhook.post("/api/sign-in-links", {}, { headers: bearer(token) })).status).toBe(403)
	})
})

describe("signing in", () => {
	it("is written down with the token that was used and the address behind the proxy", async () => {
		const { id, token } = await webhook.createToken({ name: "Alan", role: "viewer" })
		await signIn({ token }, "203.0.113.9")
		await signIn({ token: CONSOLE_TOKEN, actor: "Alonzo" }, "203.0.113.10")
		const entries = await audit("console.sign_in")
		expect(entries).toContainEqual({
			actor: "Alan",
			address: "203.0.113.9",
			details: { role: "viewer", token: id },
		})
		expect(entries).toContainEqual({
			actor: "Alonzo",
			address: "203.0.113.10",
			details: { role: "admin", token: "console token" },
		})
	})

	it("is not asked for again when a person is signed in, and is sent along with links from elsewhere", async () => {
		const { session, headers } = await signIn({ token: CONSOLE_TOKEN, actor: "Ada" })
		expect(headers.getSetCookie()[0]).toMatch(/HttpOnly; SameSite=Lax/)
		const again = await fetch(`${webhook.url}/sign-in?next=/inbox`, {
			headers: { cookie: session },
			redirect: "manual",
		})
		expect([again.status, again.headers.get("location")]).toEqual([303, "/inbox"])
	})
})

it("shows the parts of the local run beside it: their state to everyone, the reason to people", async () => {
	const health = async () => ((await (await fetch(`${webhook.url}/healthz`)).json()) as { parts?: unknown }).parts
	expect(await health()).toBeUndefined()
	const part = { name: "prometheus", title: "Prometheus" }
	const parts = [{ part, service: true, state: "backing off", detail: "ended by <SIGKILL>", since: 1, restarts: 2 }]
	const folder = path.join(webhook.home, "run")
	mkdirSync(folder, { recursive: true })
	writeFileSync(path.join(folder, "status.json"), JSON.stringify({ at: new Date().toISOString(), parts }))
	expect(await health()).toEqual([{ name: "prometheus", state: "backing off", since: 1, restarts: 2 }])
	const page = await webhook.page("/response")
	expect(page).toContain("ended by &lt;SIGKILL&gt;")
	expect(page).toContain("2 restarts")
})

describe("an address that guesses", () => {
	const guess = (n: number, address: string) => ask({ ...bearer(`guess-${n}`), "x-forwarded-for": address })

	it("has to wait after ten wrong tokens, but the right token is always answered", async () => {
		const { session } = await signIn({ token: CONSOLE_TOKEN, actor: "Ada" }, "192.0.2.66")
		const tries = []
		for (let n = 0; n < 12; n++) tries.push(await guess(n, "192.0.2.66"))
		expect(tries).toEqual([...Array(10).fill(401), 429, 429])
		expect(await ask({ ...bearer(CONSOLE_TOKEN), "x-forwarded-for": "192.0.2.66" })).toBe(200)
		const refused = await signIn({ token: "guess-13", actor: "Ada" }, "192.0.2.66")
		expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"])
		expect((await signIn({ token: CONSOLE_TOKEN, actor: "Ada" }, "192.0.2.66")).status).toBe(303)
		const stop = (token: string) =>
			webhook.api("/api/control/stop", {
				method: "POST",
				headers: { ...bearer(token), "x-forwarded-for": "192.0.2.66", "content-type": "application/json" },
				body: '{"reason":"test"}',
			})
		expect((await stop("guess-14")).status).toBe(429)
		expect((await stop(CONSOLE_TOKEN)).status).toBe(200)
		expect((await webhook.change("release")).state).toBe("run")
		expect(await ask({ cookie: session, "x-forwarded-for": "192.0.2.66" })).toBe(200)
		expect(await ask({ ...bearer(CONSOLE_TOKEN), "x-forwarded-for": "192.0.2.67" })).toBe(200)
		clock.advance(60_000)
		expect(await guess(15, "192.0.2.66")).toBe(401)
	})

	it("is not who repeats one stale token", async () => {
		for (let n = 0; n < 20; n++) expect(await guess(1, "192.0.2.68")).toBe(401)
		expect(await ask({ ...bearer(CONSOLE_TOKEN), "x-forwarded-for": "192.0.2.68" })).toBe(200)
	})

	it("cannot say that it has another where no proxy is trusted", async () => {
		const direct = await startTestWebhook(databaseUrl, { clock })
		try {
			const tries = []
			for (let n = 0; n < 11; n++)
				tries.push(await ask({ ...bearer(`guess-${n}`), "x-forwarded-for": `192.0.2.${n}` }, direct.url))
			expect(tries.at(-1)).toBe(429)
		} finally {
			await direct.stop()
		}
	})
})

describe("the inbox", () => {
	it("keeps no link by which its readers could acknowledge an incident", async () => {
		const annotations = { summary: "a person has to", acknowledge_url: `${webhook.url}/acknowledge/1/signed` }
		await webhook.deliverTo("pagerduty", notification([alert({ annotations })]))
		const text = JSON.stringify(await webhook.inbox())
		expect(text).toContain("a person has to")
		expect(text).not.toContain("/acknowledge/")
	})
})

describe("a page that cannot be shown", () => {
	const page = async (path: string, init: RequestInit = {}) => {
		const headers = { accept: "text/html,*/*;q=0.8" }
		const response = await fetch(webhook.url + path, { redirect: "manual", headers, ...init })
		return { status: response.status, type: response.headers.get("content-type"), text: await response.text() }
	}

	it("is a page for people and JSON for programs when there is nothing", async () => {
		expect(await page("/acknowledge/12")).toMatchObject({ status: 404, type: expect.stringMatching(/^text\/html/) })
		expect(await page("/nothing", { headers: {} })).toMatchObject({ type: expect.stringMatching(/^application\/json/) })
	})

	it("leads to the sign-in when a button is pressed after the session has ended", async () => {
		const pressed = await page("/incidents/1/acknowledge", { method: "POST" })
		expect(pressed).toMatchObject({ status: 401, text: expect.stringContaining('<a href="/sign-in">Sign in</a>') })
		expect(pressed.text).toContain("Nothing changed")
	})

	it("says of a form that is too large that it is", async () => {
		const body = new URLSearchParams({ token: "x".repeat(100_000) })
		expect(await page("/sign-in", { method: "POST", body })).toMatchObject({
			status: 413,
			text: expect.stringContaining("larger than this endpoint accepts"),
		})
	})
})
