import { spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { linkKey, signCallLink } from "../../alert-webhook/domain/signed-link.ts"
import { askHook, type HookAnswer } from "../../alert-webhook/workflows/gate/ask-hook.ts"
import { approvalCommand, hookCommand } from "../../alert-webhook/workflows/gate/command.ts"
import { approvalScript, hookScript } from "../../alert-webhook/workflows/gate/hook-script.ts"
import { gateHooks, whyNotActive, withHooks } from "../../alert-webhook/workflows/gate/settings.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { WEBHOOK_TOKEN } from "../support/webhook-client.ts"

const folder = mkdtempSync(path.join(tmpdir(), "gate-"))
let webhook: TestWebhook
let database: string
const approvalRules = path.join(folder, "approvals.yaml")

beforeAll(async () => {
	writeFileSync(
		approvalRules,
		"wait: 2m\nrules:\n  - { name: pushes to main, tool: Bash, arguments: 'git push.*main' }\n",
	)
	database = await migratedDatabase(inject("postgresUrl"))
	webhook = await startTestWebhook(database, { env: { APPROVAL_RULES: approvalRules } })
})
afterAll(() => webhook?.stop())

const gate = (...args: string[]) =>
	spawn(process.execPath, ["--import", "tsx", "alert-webhook/workflows/gate/main.ts", ...args], { stdio: "ignore" })
const ended = (...args: string[]) => new Promise<number | null>((resolve) => gate(...args).once("close", resolve))
const pathsOf = (flag: string) => ({ node: process.execPath, script: hookScript(), flag, maxAgeMs: 60_000 })
const command = (flag: string) => hookCommand({ ...pathsOf(flag), longestWaitS: 0 })

const push = (flag: string) =>
	askHook(
		approvalCommand({ ...pathsOf(flag), script: approvalScript() }),
		60_000,
		JSON.stringify({
			session_id: "s-1",
			cwd: "/repo",
			tool_name: "Bash",
			tool_input: { command: "git push origin main && echo whole" },
		}),
	)
const waitingCalls = (at: TestWebhook) =>
	at.json<readonly { readonly hash: string; readonly host: string }[]>("/api/calls")

describe("the gate", () => {
	it("closes upon an emergency stop, stays closed, and opens again when it is released", async () => {
		const flag = path.join(webhook.home, "run", "gate.json")
		const settles = (answer: HookAnswer) =>
			eventually(
				() => askHook(command(flag)),
				(seen) => seen === answer,
			)
		await settles("permits")
		expect((await webhook.requestChange("stop")).status).toBe(200)
		await settles("ends")
		expect((await webhook.requestChange("release")).status).toBe(200)
		await settles("permits")
	})

	it("is installed into settings without losing what is there, and taken out again", async () => {
		const settings = path.join(folder, "settings.json")
		const before = { model: "sonnet", hooks: { Stop: [{ hooks: [{ type: "command", command: "notify" }] }] } }
		writeFileSync(settings, JSON.stringify(before, null, "\t"))
		const flag = path.join(folder, "flag.json")
		expect(await ended("install", "--settings", settings, "--flag", flag)).toBe(0)
		const text = readFileSync(settings, "utf8")
		expect(whyNotActive(JSON.parse(text), gateHooks(pathsOf(flag), { knowsOnFailure: false }))).toBeUndefined()
		expect(await ended("test", "--settings", settings, "--flag", flag)).toBe(0)
		expect(text).toContain('\n\t"model"')
		expect(await ended("uninstall", "--settings", settings)).toBe(0)
		expect(JSON.parse(readFileSync(settings, "utf8"))).toEqual(before)
		writeFileSync(settings, "{ nope")
		expect(await ended("install", "--settings", settings)).toBe(1)
		expect(readFileSync(settings, "utf8")).toBe("{ nope")
	})

	it("is not reported as installed, or as proven, while the settings turn all hooks off, which stays as it is", async () => {
		const settings = path.join(folder, "off", "settings.json")
		mkdirSync(path.dirname(settings))
		writeFileSync(settings, '{"disableAllHooks": true}')
		expect(await ended("install", "--settings", settings)).toBe(1)
		expect(JSON.parse(readFileSync(settings, "utf8"))).toMatchObject({ disableAllHooks: true, hooks: {} })
		expect(await ended("test", "--settings", settings)).toBe(1)
	})

	it("is followed on a host without alert-webhook", async () => {
		const flag = path.join(folder, "followed.json")
		const follower = gate("follow", "--url", webhook.url, "--flag", flag)
		try {
			await eventually(async () => existsSync(flag), Boolean)
			expect(await askHook(command(flag))).toBe("permits")
			await webhook.change("pause")
			await eventually(
				() => askHook(command(flag)),
				(answer) => answer === "denies",
			)
			await webhook.change("resume")
		} finally {
			follower.kill()
		}
	})

	it("lists the hosts and sessions that would not stop: a hook that is removed within seconds, until it is back", async () => {
		const token = "token-of-all-gates-for-tests"
		const tokenFile = path.join(folder, "token")
		writeFileSync(tokenFile, `${token}\n`)
		const wrongToken = path.join(folder, "wrong-token")
		writeFileSync(wrongToken, "another token of all gates")
		const flags = { own: path.join(folder, "own.json"), remote: path.join(folder, "remote.json") }
		const files = { own: path.join(folder, "own-settings.json"), remote: path.join(folder, "remote-settings.json") }
		const install = (host: "own" | "remote", hooks = true) =>
			writeFileSync(
				files[host],
				JSON.stringify(hooks ? withHooks({}, gateHooks(pathsOf(flags[host]), { knowsOnFailure: true })) : {}),
			)
		install("own")
		install("remote")
		let shift = 0
		const databaseUrl = await migratedDatabase(inject("postgresUrl"))
		const challenging = await startTestWebhook(databaseUrl, {
			env: {
				APPROVAL_RULES: approvalRules,
				GATE_TOKEN: token,
				GATE_HOST: "own",
				GATE_SETTINGS_FILE: files.own,
				GATE_FLAG_FILE: flags.own,
			},
			clock: { now: () => Date.now() + shift },
		})
		// The hosts have had their time to answer.
		shift = 31_000
		const to = ["--url", challenging.url, "--settings", files.remote]
		const follower = gate("follow", ...to, "--flag", flags.remote, "--token-file", tokenFile, "--host", "remote")
		const other = path.join(folder, "other.json")
		const stranger = gate("follow", ...to, "--flag", other, "--token-file", wrongToken, "--host", "stranger")
		const client = new pg.Client(databaseUrl)
		await client.connect()
		const outside = async () => {
			const found = await challenging.json<{ ratio: number; seen: number; outside: { kind: string; id: string }[] }>(
				"/api/control/stoppable",
			)
			return `${found.seen} ${found.outside.map(({ kind, id }) => `${kind} ${id}`).join(", ")}`
		}
		const becomes = (wanted: string) => eventually(outside, (seen) => seen === wanted)
		try {
			await becomes("2 ")
			await client.query(
				"insert into observatory.claude_sessions (id, source, status, started_at) values ('s-1', 'transcript', 'running', now() - interval '1 minute')",
			)
			await becomes("3 session s-1")
			expect(await challenging.page("/response")).toContain("1 of 3 hosts and sessions would not follow a stop")
			await askHook(command(flags.remote), 10_000, JSON.stringify({ session_id: "s-1", tool_name: "Bash" }))
			await becomes("3 ")
			install("remote", false)
			await becomes("3 host remote, session s-1")
			await eventually(
				() => challenging.metrics(),
				(text) => /^autonomous_stoppable_ratio 0\.3/m.test(text),
			)
			install("remote")
			await becomes("3 ")
			expect(existsSync(other)).toBe(false)
			const asked = push(flags.remote)
			const [call] = await eventually(
				() => waitingCalls(challenging),
				({ length }) => length === 1,
			)
			expect(call?.host).toBe("remote")
			expect((await challenging.post(`/api/calls/${call?.hash}/approve`)).status).toBe(200)
			expect(await asked).toBe("permits")
		} finally {
			follower.kill()
			stranger.kill()
			await client.end()
			await challenging.stop()
		}
	})

	it("asks a person about a call that a rule names: an approval is for that call, once, and expires", async () => {
		const flag = path.join(webhook.home, "run", "gate.json")
		const next = async () => {
			const asked = push(flag)
			const [call] = await eventually(
				() => waitingCalls(webhook),
				({ length }) => length === 1,
			)
			return { asked, hash: call?.hash ?? "" }
		}
		const decide = async (hash: string, verb: string) => (await webhook.post(`/api/calls/${hash}/${verb}`)).status
		const first = await next()
		expect(await webhook.page("/response")).toContain("git push origin main &amp;&amp; echo whole")
		expect(await decide("0".repeat(64), "approve")).toBe(404)
		expect(await decide(first.hash, "approve")).toBe(200)
		expect(await decide(first.hash, "approve")).toBe(409)
		expect(await decide(first.hash, "refuse")).toBe(409)
		expect(await first.asked).toBe("permits")

		const second = await next()
		expect(second.hash).not.toBe(first.hash)
		const link = (hash: string) =>
			`${webhook.url}/calls/${hash}/${signCallLink(linkKey(undefined, WEBHOOK_TOKEN), { hash: second.hash, expiresAt: Date.now() + 60_000 })}`
		const answer = { method: "POST", body: new URLSearchParams({ decision: "refused" }) }
		expect((await fetch(link(first.hash), answer)).status).toBe(403)
		expect(await (await fetch(link(second.hash))).text()).toContain("echo whole")
		expect((await fetch(link(second.hash), answer)).status).toBe(200)
		expect(await second.asked).toBe("denies")

		const third = await next()
		const client = new pg.Client(database)
		await client.connect()
		try {
			await client.query("update observatory.tool_calls set expires_at = now() where hash = $1", [third.hash])
			expect(await decide(third.hash, "approve")).toBe(409)
			const actions = async () => {
				const { rows } = await client.query<{ action: string }>(
					"select action from observatory.audit_logs where action like 'call.%' order by seq",
				)
				return rows.map(({ action }) => action.slice(5)).join(" ")
			}
			await eventually(actions, (seen) => seen === "ask approve ask refuse ask expire")
			const { rows } = await client.query(
				"select 1 from observatory.pages where kind = 'call_approval' and ended_at is null",
			)
			expect(rows).toEqual([])
			await webhook.change("stop")
			expect(await third.asked).toBe("denies")
			await webhook.change("release")
		} finally {
			await client.end()
		}
	})

	it("proves itself, with the age of the flag that was installed, and exports when it last did", async () => {
		const settings = path.join(folder, "aged.json")
		const flag = path.join(folder, "aged-flag.json")
		expect(await ended("install", "--settings", settings, "--flag", flag, "--max-age", "30s")).toBe(0)
		const env = { GATE_SETTINGS_FILE: settings, GATE_FLAG_FILE: flag }
		const proving = await startTestWebhook(await migratedDatabase(inject("postgresUrl")), { env })
		try {
			await eventually(
				() => proving.metrics(),
				(text) =>
					Number(/^observatory_gate_self_test_last_success_timestamp_seconds (\S+)$/m.exec(text)?.[1]) >
					Date.now() / 1000 - 120,
			)
		} finally {
			await proving.stop()
		}
	})
})
