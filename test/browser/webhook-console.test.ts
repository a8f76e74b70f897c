import pg from "pg"
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest"
import { alert, notification } from "../support/alert.ts"
import { inTime, startBrowser, withoutBrowser } from "../support/browser.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { CONSOLE_TOKEN } from "../support/webhook-client.ts"

describe.skipIf(withoutBrowser)("the console in Chromium (skipped only where none is installed)", () => {
	let webhook: TestWebhook
	let client: pg.Client
	let browser: Browser
	const complaints: string[] = []

	beforeAll(async () => {
		const databaseUrl = await migratedDatabase(inject("postgresUrl"))
		webhook = await startTestWebhook(databaseUrl)
		client = new pg.Client(databaseUrl)
		await client.connect()
		browser = await startBrowser()
	})
	afterAll(async () => {
		await browser?.close()
		await client?.end()
		await webhook?.stop()
	})
	afterEach(() => {
		expect(complaints.splice(0)).toEqual([])
	})

	async function open(path = "/", options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
		const context = await inTime("a new context of the browser", browser.newContext(options))
		const page = await inTime("a new page", context.newPage())
		page.setDefaultTimeout(15_000)
		page.on("console", (message) => message.type() === "error" && complaints.push(message.text()))
		page.on("pageerror", (error) => complaints.push(error.message))
		await page.goto(webhook.url + path)
		return page
	}

	async function signIn(path = "/", options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
		const page = await open(path, options)
		await signInOn(page)
		return page
	}

	async function signInOn(page: Page): Promise<void> {
		await page.getByLabel("Your name").fill("Ada")
		await page.getByLabel("Console token").fill(CONSOLE_TOKEN)
		await page.getByRole("button", { name: "Sign in" }).click()
		await page.getByRole("button", { name: "Sign out" }).waitFor()
		await page.waitForLoadState()
	}

	it("lets no one in with a wrong token, and leads to the page that was asked for with the right one", async () => {
		const page = await open("/inbox")
		await page.getByLabel("Your name").fill("Ada")
		await page.getByLabel("Console token").fill("not the token")
		await page.getByRole("button", { name: "Sign in" }).click()
		expect(await page.getByRole("alert").textContent()).toBe("This token is not known.")
		complaints.splice(0) // The browser reports the 401 itself.
		await page.getByLabel("Console token").fill(CONSOLE_TOKEN)
		await page.getByRole("button", { name: "Sign in" }).click()
		await page.getByRole("heading", { name: "Inbox" }).waitFor()
		expect(new URL(page.url()).pathname).toBe("/inbox")
		const [session] = await page.context().cookies()
		expect(session).toMatchObject({ httpOnly: true, sameSite: "Lax" })
	})

	it("says that all is quiet, and shows an incident by itself as soon as one is there", async () => {
		const page = await signIn()
		await page.getByRole("heading", { name: "All quiet" }).waitFor()
		const labels = { environment: "demo", component: "database" }
		await webhook.notify({ labels })
		await page.getByRole("heading", { name: "One incident needs a response" }).waitFor()
		const row = page.locator(".incident")
		expect(await row.textContent()).toMatch(/database_down\s+demo/)
		expect(await row.textContent()).toContain("critical")
		await inTime("closing a page", page.context().close())
	})

	it("says by itself when the heartbeat has stopped coming, though nothing else happens", async () => {
		const page = await open()
		await page.clock.install()
		await signInOn(page)
		await client.query("insert into observatory.heartbeats values ('observatory_heartbeat', now())")
		await page.reload()
		expect(await page.getByText("Alerts may not be reaching this page.").count()).toBe(0)
		await client.query("update observatory.heartbeats set received_at = now() - interval '10 minutes'")
		await page.clock.runFor(61_000)
		await page.getByText("Alerts may not be reaching this page.").waitFor()
		await client.query("update observatory.heartbeats set received_at = now()")
		await inTime("closing a page", page.context().close())
	})

	it("works in one of many tabs, and a tab that comes back to the front is up to date", async () => {
		const first = await signIn()
		const tabs = [first]
		const show = (page: Page, state: "hidden" | "visible") =>
			page.evaluate(`
				Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true })
				document.dispatchEvent(new Event("visibilitychange"))`)
		for (let i = 0; i < 8; i++) {
			for (const tab of tabs.slice(-1)) await show(tab, "hidden")
			const page = await inTime("a new page", first.context().newPage())
			page.setDefaultTimeout(15_000)
			await page.goto(webhook.url)
			tabs.push(page)
		}
		const labels = { component: "workers" }
		await webhook.notify({ name: "worker_down", fingerprint: "tabs", labels })
		await tabs.at(-1)?.getByRole("button", { name: "Acknowledge worker_down" }).click()
		await tabs.at(-1)?.getByRole("list", { name: "Acknowledged" }).getByText("worker_down").waitFor()
		await show(first, "visible")
		await first.getByRole("list", { name: "Acknowledged" }).getByText("worker_down").waitFor()
		const over = alert({ name: "worker_down", fingerprint: "tabs", labels, status: "resolved" })
		await webhook.deliver(notification([over]))
		await inTime("closing a page", first.context().close())
	})

	it("is worked by keyboard alone: move, open, acknowledge", async () => {
		const page = await signIn()
		await page.keyboard.press("j")
		await page.keyboard.press("Enter")
		await page.getByRole("heading", { name: "database_down" }).waitFor()
		await page.waitForLoadState()
		await page.keyboard.press("a")
		await page.getByText("Acknowledged", { exact: true }).waitFor()
		expect(await page.locator(".timeline").textContent()).toMatch(/Acknowledged\s+Ada/)
		expect(await page.getByRole("button", { name: "Acknowledge" }).count()).toBe(0)
		await inTime("closing a page", page.context().close())
	})

	it("acknowledges what is selected by keyboard, keeps the selection while the list changes, and finds one by a search", async () => {
		const labels = { environment: "night" }
		const names = ["night_1", "night_2", "night_3"]
		for (const name of names) await webhook.notify({ name, fingerprint: name, labels })
		const page = await signIn("/?matchers=environment%3Dnight")
		await page.getByText("3 of 4 open incidents match").waitFor()
		for (const key of ["j", "x", "j", "x"]) await page.keyboard.press(key)
		await webhook.notify({ name: "night_4", fingerprint: "night_4", labels })
		await page.getByText("4 of 5 open incidents match").waitFor()
		await page.getByRole("button", { name: "Acknowledge 2 selected" }).click()
		const acknowledged = page.getByRole("list", { name: "Acknowledged" })
		await acknowledged.getByText("night_3").waitFor()
		expect(await acknowledged.getByText("night_2").count()).toBe(1)
		expect(await page.getByRole("list", { name: "Not acknowledged" }).locator("h3").allTextContents()).toEqual([
			"night_4 ",
			"night_1 ",
		])
		await page.getByLabel("Alert or summary").fill("NIGHT_1")
		await page.getByRole("button", { name: "Search" }).click()
		await page.getByText("1 of 5 open incidents match").waitFor()
		for (const name of [...names, "night_4"])
			await webhook.notify({ name, fingerprint: name, labels, status: "resolved" })
		await inTime("closing a page", page.context().close())
	})

	it("selects and acknowledges without the script", async () => {
		const names = ["plain_1", "plain_2"]
		for (const name of names) await webhook.notify({ name, fingerprint: name })
		const page = await signIn("/?q=plain_", { javaScriptEnabled: false })
		for (const name of names) await page.getByLabel(`Select ${name}`).check()
		await page.getByRole("button", { name: "Acknowledge selected" }).click()
		const acknowledged = page.getByRole("list", { name: "Acknowledged" })
		await acknowledged.getByText("plain_2").waitFor()
		expect(await acknowledged.getByText("plain_1").count()).toBe(1)
		for (const name of names) await webhook.notify({ name, fingerprint: name, status: "resolved" })
		await inTime("closing a page", page.context().close())
	})

	it("asks no one to acknowledge what is only for information", async () => {
		const info = alert({ name: "nightly_summary", fingerprint: "info", labels: { severity: "info" } })
		await webhook.deliver(notification([info]))
		const page = await signIn()
		await page.getByRole("heading", { name: "One incident, acknowledged" }).waitFor()
		const list = page.getByRole("list", { name: "For information" })
		expect(await list.textContent()).toContain("nightly_summary")
		expect(await list.getByRole("button").count()).toBe(0)
		await webhook.deliver(notification([{ ...info, status: "resolved", endsAt: new Date().toISOString() }]))
		await inTime("closing a page", page.context().close())
	})

	it("shows hostile labels and annotations as text and makes no link of them", async () => {
		const hostile = `<img src=x onerror="document.title='owned'">`
		const bad = alert({
			name: hostile,
			fingerprint: "bad",
			labels: { [hostile]: hostile },
			annotations: { summary: hostile, runbook_url: "javascript:alert(1)" },
		})
		await webhook.deliver(notification([{ ...bad, generatorURL: "javascript:alert(2)" }]))
		const page = await signIn()
		await page.getByText(hostile).first().click()
		await page.getByRole("heading", { name: hostile }).waitFor()
		expect(await page.title()).toContain("<img")
		// The only picture is the incident's own graph.
		const pictures = await page.locator("img").evaluateAll((found) => found.map((each) => each.getAttribute("src")))
		expect(pictures).toEqual([expect.stringMatching(/^\/incidents\/\d+\/graph\.svg/)])
		expect(await page.locator(".links").textContent()).not.toMatch(/Runbook|Prometheus/)
		await inTime("closing a page", page.context().close())
	})

	it("refuses a form of another session, and a cookie after sign-out", async () => {
		const page = await signIn()
		const [session] = await page.context().cookies()
		const cookie = `${session?.name}=${session?.value}`
		const forged = await fetch(`${webhook.url}/inbox/read`, {
			method: "POST",
			headers: { cookie, "content-type": "application/x-www-form-urlencoded" },
			body: "upTo=1&csrf=0000",
		})
		expect(forged.status).toBe(403)
		expect((await fetch(`${webhook.url}/api/incidents`, { headers: { cookie } })).status).toBe(200)
		await page.getByRole("button", { name: "Sign out" }).click()
		await page.getByRole("heading", { name: "Sign in" }).waitFor()
		expect((await fetch(`${webhook.url}/api/incidents`, { headers: { cookie } })).status).toBe(401)
	})

	it.each([
		["a phone", { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }],
		["a phone in the dark", { viewport: { width: 360, height: 740 }, colorScheme: "dark" }],
		["a desktop", { viewport: { width: 1280, height: 800 } }],
	] as const)("fits %s without scrolling sideways, and its text has enough contrast", async (_, options) => {
		await webhook.deliverTo("slack-critical", notification([alert()]))
		const link = `https://wiki.example.com/${"post-mortem".repeat(30)}`
		expect((await webhook.close(1, { verdict: "expected", note: `see ${link}` })).status).toBe(200)
		const page = await signIn("/", options)
		for (const path of ["/", "/incidents/1", "/inbox", "/resolved", "/response", "/people", "/audit"]) {
			await page.goto(webhook.url + path)
			expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true)
			expect(await page.evaluate(`(${lowContrast})()`)).toEqual([])
		}
		await inTime("closing a page", page.context().close())
	})

	it("stops everything with a reason, says so on every page, and releases it", async () => {
		const page = await signIn("/response")
		const stop = page.locator("form[action='/control/stop']")
		await stop.getByLabel("Why").fill("agents delete things")
		await stop.getByRole("button", { name: "Emergency stop" }).click()
		await page.getByText("Emergency stop: all autonomous work is stopped").waitFor()
		await page.goto(webhook.url)
		await page.getByText("Everything autonomous is halted.").waitFor()
		await page.getByRole("link", { name: "See and release" }).click()
		const release = page.locator("form[action='/control/release']")
		await release.getByLabel("Why").fill("they have new instructions")
		await release.getByRole("button", { name: "Release stop" }).click()
		await page.getByText("Autonomous sessions run").waitFor()
		await page.goto(`${webhook.url}/audit?action=control.release`)
		expect(await page.locator("tbody tr").count()).toBe(1)
		await inTime("closing a page", page.context().close())
	})

	it("approves a remediation that waits, after it has shown what would be done", async () => {
		const page = await signIn("/response")
		const mode = page
			.locator("form[action='/remediation/mode']")
			.filter({ has: page.getByLabel("Mode of pauseAutonomousSessions") })
		await mode.getByRole("combobox").selectOption("approve")
		const saved = page.waitForResponse((response) => new URL(response.url()).pathname === "/remediation/mode")
		await mode.getByRole("button", { name: "Set" }).click()
		await saved
		const labels = { remediation: "pauseAutonomousSessions" }
		await webhook.notify({ name: "token_limit", fingerprint: "t", labels })
		await eventually(
			() => webhook.remediations(),
			([row]) => row?.state === "awaiting_approval",
		)
		await page.goto(webhook.url)
		await page.getByRole("link", { name: "token_limit" }).click()
		await page.getByText("pause new sessions as well").waitFor()
		await page.getByRole("button", { name: "Approve" }).click()
		await eventually(
			() => webhook.control(),
			({ state }) => state === "pause",
		)
		await inTime("closing a page", page.context().close())
	})

	it("opens a maintenance window by its form, and ends it", async () => {
		const page = await signIn("/response")
		const card = page.locator("#maintenance")
		await card.getByLabel("Matchers").fill('component="disks", server=~"a|b.*"')
		await card.getByLabel("Until (UTC)").fill(new Date(Date.now() + 3_600_000).toISOString().slice(0, 16))
		await card.getByLabel("Why").fill("new disks")
		await card.getByRole("button", { name: "Create window" }).click()
		await card.getByText("active", { exact: true }).waitFor()
		expect(await card.locator("li").textContent()).toMatch(
			/new disks[\s\S]*component="disks", server=~"a\|b\.\*"[\s\S]*by Ada/,
		)
		await card.getByRole("button", { name: "End now" }).click()
		await card.getByText("ended by Ada").waitFor()
		await inTime("closing a page", page.context().close())
	})

	it("gives a token, shows it once and keeps it in view, and signs out its owner when it is revoked", async () => {
		const page = await signIn("/people")
		await page.getByLabel("Name", { exact: true }).fill("Grace Hopper")
		await page.getByLabel("Role").selectOption("responder")
		await page.getByRole("button", { name: "Create token" }).click()
		const shown = page.getByRole("status").locator("code")
		const token = (await shown.textContent()) ?? ""
		await webhook.notify({ name: "meanwhile", fingerprint: "meanwhile" })
		await page.waitForTimeout(2_500)
		expect(await shown.textContent()).toBe(token)

		const grace = await open()
		await grace.getByLabel("Your name").fill("another person")
		await grace.getByLabel("Console token").fill(token)
		await grace.getByRole("button", { name: "Sign in" }).click()
		await grace.getByText("Grace Hopper").waitFor()
		expect(await grace.getByRole("link", { name: "People" }).count()).toBe(0)

		await page.goto(`${webhook.url}/people`)
		expect(await page.content()).not.toContain(token)
		const row = page.locator("li").filter({ hasText: "Grace Hopper" })
		await row.getByRole("button", { name: "Revoke" }).click()
		await row.getByText("revoked", { exact: true }).waitFor()
		// Her page asks for news, is refused, and leads to the sign-in by itself.
		await grace.getByRole("heading", { name: "Sign in" }).waitFor({ timeout: 60_000 })
		complaints.splice(0) // The browser reports the 401 itself.
		await inTime("closing a page", grace.context().close())
		await inTime("closing a page", page.context().close())
	})

	it("leads from a message to its incident, and can be read on a phone", async () => {
		const one = alert({ name: "inbox_phone", fingerprint: "phone", annotations: { summary: "Something is slow" } })
		await webhook.deliver(notification([one]))
		await webhook.deliverTo("slack-ops", notification([one]))
		const page = await signIn("/inbox", { viewport: { width: 390, height: 844 } })
		const message = page.locator(".message").first()
		expect((await message.locator(".what").boundingBox())?.width).toBeGreaterThan(250)
		const [nav, last] = [page.getByRole("navigation"), page.getByRole("link", { name: "Audit" })]
		const [within, audit] = [await nav.boundingBox(), await last.boundingBox()]
		expect((audit?.x ?? 0) + (audit?.width ?? 0)).toBeLessThanOrEqual((within?.x ?? 0) + (within?.width ?? 0))
		const sent = alert({
			fingerprint: "n",
			labels: { observatory_page: "emergency_stop" },
			annotations: { summary: "All is halted" },
		})
		await webhook.deliverTo("pagerduty", notification([sent]))
		expect(await page.getByRole("link", { name: "All is halted" }).getAttribute("href")).toBe("/response")
		await page.locator(".message").getByRole("link", { name: "Something is slow" }).click()
		await page.getByRole("heading", { name: "inbox_phone" }).waitFor()
		expect(await page.getByText("This closes the incident").count()).toBe(1)
		await webhook.deliver(notification([{ ...one, status: "resolved", endsAt: new Date().toISOString() }]))
		await page.getByRole("heading", { name: "Verdict", exact: true }).waitFor()
		expect(await page.getByText("This closes the incident").count()).toBe(0)
		await inTime("closing a page", page.context().close())
	})

	it("keeps the keyboard's place when what is around it changes by itself", async () => {
		const page = await signIn("/response")
		const set = page
			.getByRole("listitem")
			.filter({ hasText: "reconnectMcpServer" })
			.getByRole("button", { name: "Set" })
		await set.focus()
		await page.evaluate(`document.querySelector(".policies li").remove()`)
		const elsewhere = alert({ name: "elsewhere", fingerprint: "focus" })
		await webhook.deliver(notification([elsewhere]))
		await page.getByLabel("Mode of restartWorker").waitFor()
		const place = page.getByRole("listitem").filter({ has: page.locator("button:focus") })
		expect(await place.textContent()).toContain("reconnectMcpServer")
		await webhook.deliver(notification([{ ...elsewhere, status: "resolved", endsAt: new Date().toISOString() }]))
		await inTime("closing a page", page.context().close())
	})

	it("says in words whether the audit log is whole", async () => {
		const page = await signIn("/audit")
		await page.getByRole("link", { name: "Verify" }).click()
		await page.getByRole("heading", { name: "The chain is whole" }).waitFor()
		expect(await page.locator("main").textContent()).toMatch(/Its end is \d+:[0-9a-f]{64}/)
		await inTime("closing a page", page.context().close())
	})

	it("marks messages read, one and all", async () => {
		for (const channel of ["pagerduty", "email-leads"]) await webhook.deliverTo(channel, notification([alert()]))
		const page = await signIn("/inbox")
		const before = await page.locator(".message.unread").count()
		await page.getByRole("button", { name: "Mark read" }).first().click()
		await page.waitForFunction(`document.querySelectorAll(".message.unread").length === ${before - 1}`)
		await page.getByRole("button", { name: "Mark all read" }).click()
		await page.waitForFunction(`document.querySelectorAll(".message.unread").length === 0`)
		await inTime("closing a page", page.context().close())
	})
})

/** Runs in the page: texts whose contrast with what is behind them is under WCAG's 4.5 to 1. */
const lowContrast = `() => {
	const parse = (color) => {
		const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true })
		context.fillStyle = color
		context.fillRect(0, 0, 1, 1)
		const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data
		return { rgb: a ? [r, g, b].map((v) => Math.min(255, v)) : [0, 0, 0], a: a / 255 }
	}
	const light = (rgb) => {
		const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
		return 0.2126 * r + 0.7152 * g + 0.0722 * b
	}
	const behind = (element) => {
		const layers = []
		for (let e = element; e; e = e.parentElement) layers.unshift(parse(getComputedStyle(e).backgroundColor))
		return layers.reduce((under, { rgb, a }) => under.map((v, i) => rgb[i] * a + v * (1 - a)), [255, 255, 255])
	}
	const bad = []
	for (const element of document.querySelectorAll("body *")) {
		const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join("")
		if (!text || element.closest(".skip, title, script, [hidden]") || !element.getClientRects().length) continue
		const [a, b] = [light(parse(getComputedStyle(element).color).rgb), light(behind(element))].sort((x, y) => y - x)
		const ratio = (a + 0.05) / (b + 0.05)
		if (ratio < 4.5) bad.push(text.slice(0, 40) + " " + ratio.toFixed(2))
	}
	return bad
}`
