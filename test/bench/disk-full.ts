import { mkdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { askHook } from "../../alert-webhook/workflows/gate/ask-hook.ts"
import { hookCommand } from "../../alert-webhook/workflows/gate/command.ts"
import { hookScript } from "../../alert-webhook/workflows/gate/hook-script.ts"
import { createPrometheus } from "../../core/clients/prometheus.ts"
import { databaseFile } from "../../core/lib/local-run.ts"
import { stateDirAt } from "../../stack/state-dir.ts"
import { alert, notification } from "../support/alert.ts"
import { credentialsOf } from "../support/credentials.ts"
import { type SmallDisk, smallDisk } from "../support/full-disk.ts"
import { provideServers } from "../support/provide-servers.ts"
import { runStackProcess, temporaryHome } from "../support/stack.ts"
import { urlsIn } from "../support/strangers.ts"

/** How long each disk is full, in seconds. */
const SECONDS = Number(process.env.DISK_FULL_SECONDS ?? 60)
/** The folders to fill, of those below. */
const ONLY = process.env.DISK_FULL_PLACES?.split(",")
const HOLDS_WITHIN_MS = 2_000
const BACK_WITHIN_MS = 180_000

/** Each folder of the local state, with the size of its disk. */
const PLACES = {
	home: "700m",
	logs: "16m",
	run: "1m",
	prometheus: "64m",
	alertmanager: "8m",
	postgres: "400m",
} as const
type Place = keyof typeof PLACES

interface Result {
	readonly heldMs: number
	readonly backMs: number
	readonly accepted: number
	readonly missing: readonly string[]
}

/**
 * Fills the disk of each folder of a local run in turn for a minute, while notifications and telemetry arrive and an
 * emergency stop is pressed, then makes room. The stop must hold within 2 s, everything must be back by itself, and
 * what was accepted must be there. Needs root on Linux. DISK_FULL_SECONDS and DISK_FULL_PLACES make it shorter.
 */
export async function run(): Promise<boolean> {
	await provideServers({ install: false })
	let ok = true
	for (const place of Object.keys(PLACES) as Place[]) {
		if (ONLY && !ONLY.includes(place)) continue
		const result = await fillOne(place)
		if (result === undefined) {
			process.stdout.write("disk-full: nothing can be mounted here (it needs root on Linux)\n")
			return false
		}
		const { heldMs, backMs, accepted, missing } = result
		ok &&= heldMs <= HOLDS_WITHIN_MS && backMs <= BACK_WITHIN_MS && missing.length === 0
		process.stdout.write(
			`${place.padEnd(14)} full for ${SECONDS} s; the stop held after ${heldMs} ms; all back after ${(backMs / 1_000).toFixed(1)} s; of ${accepted} accepted, ${missing.length} missing ${missing.slice(0, 5).join(" ")}\n`,
		)
	}
	return ok
}

async function fillOne(place: Place): Promise<Result | undefined> {
	const { home, remove } = temporaryHome()
	const folder = place === "home" ? home : path.join(home, place)
	mkdirSync(folder, { recursive: true })
	const disk = smallDisk(PLACES[place], folder)
	if (disk === undefined) return undefined
	const stack = runStackProcess(home, ["--no-demo"])
	try {
		for (const part of ["Exporters", "Webhook and console", "Prometheus", "Alertmanager"])
			await stack.says(`${part}: up at`)
		await eventually(async () => (await askGate(home)) === "permits")
		return await endure(home, disk)
	} finally {
		disk.free()
		stack.kill("SIGTERM")
		await stack.exited
		disk.remove()
		remove()
	}
}

async function endure(home: string, disk: SmallDisk): Promise<Result> {
	const senders = send(home)
	await sleep(2_000)
	const full = setInterval(() => disk.fill(), 1_000)
	disk.fill()
	await sleep((SECONDS * 1_000) / 3)
	const pressed = performance.now()
	const stop = change(home, "stop").catch(() => undefined)
	// Calls that start from then on are denied; how long Node.js takes to start is another question.
	let called = pressed
	await eventually(async () => {
		called = performance.now()
		return (await askGate(home)) !== "permits"
	})
	const heldMs = Math.round(called - pressed)
	await stop
	await sleep((SECONDS * 2_000) / 3 - heldMs)
	clearInterval(full)
	disk.free()
	const freed = performance.now()
	await eventually(() => allBack(home), BACK_WITHIN_MS)
	const backMs = Math.round(performance.now() - freed)
	await eventually(async () => (await change(home, "release")).ok)
	await eventually(async () => (await askGate(home)) === "permits")
	const accepted = await senders.end()
	// Stored telemetry waits in memory until the database has it.
	await sleep(3_000)
	return { heldMs, backMs, accepted: accepted.length, missing: await missingOf(home, accepted) }
}

const secret = (home: string, name: string) =>
	readFileSync(path.join(stateDirAt("", home).secrets, name), "utf8").trim()
const json = { "content-type": "application/json" }

const askGate = (home: string) => {
	const flag = path.join(home, "run/gate.json")
	return askHook(hookCommand({ node: process.execPath, script: hookScript(), flag, maxAgeMs: 60_000 }))
}

const change = (home: string, verb: "stop" | "release") =>
	fetch(`${urlsIn(home).webhook}/api/control/${verb}`, {
		method: "POST",
		headers: { ...json, authorization: `Bearer ${secret(home, "console_token")}` },
		body: JSON.stringify({ reason: "the disk is full" }),
		signal: AbortSignal.timeout(60_000),
	})

/** Sends a notification, a log record and a silence twice a second, and remembers those that were accepted. */
function send(home: string) {
	const accepted: string[] = []
	const urls = urlsIn(home)
	const run = Date.now()
	let number = 0
	const post = async (name: string, url: string, headers: Record<string, string>, body: unknown) => {
		try {
			const init = { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) }
			const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) })
			await answer.arrayBuffer()
			if (answer.ok) accepted.push(name)
		} catch {
			// Not accepted.
		}
	}
	const bearer = (name: string) => ({ authorization: `Bearer ${secret(home, name)}` })
	const headers = {
		webhook: bearer("webhook_token"),
		otlp: bearer("otlp_token"),
		alertmanager: credentialsOf(home).alertmanager,
	}
	const once = () => {
		const name = `full_${run}_${number++}`
		const firing = alert({ name, severity: "info", fingerprint: name, startsAt: new Date().toISOString() })
		void post(`incident:${name}`, `${urls.webhook}/api/alertmanager`, headers.webhook, notification([firing]))
		const record = { timeUnixNano: `${Date.now()}000000`, severityNumber: 9, body: { stringValue: name } }
		const logs = { resourceLogs: [{ resource: {}, scopeLogs: [{ logRecords: [record] }] }] }
		void post(`log:${name}`, `${urls.otlp}/v1/logs`, headers.otlp, logs)
		const silence = {
			matchers: [{ name: "alertname", value: name, isRegex: false, isEqual: true }],
			startsAt: new Date().toISOString(),
			endsAt: new Date(Date.now() + 3_600_000).toISOString(),
			createdBy: "bench",
			comment: name,
		}
		void post(`silence:${name}`, `${urls.alertmanager}/api/v2/silences`, headers.alertmanager, silence)
	}
	const timer = setInterval(once, 500)
	return {
		async end() {
			clearInterval(timer)
			await sleep(10_000)
			return accepted
		},
	}
}

/** Whether every part is up, by itself, and Prometheus has new samples of every target. */
async function allBack(home: string): Promise<boolean> {
	const status = JSON.parse(readFileSync(path.join(home, "run/status.json"), "utf8")) as {
		parts: { part: { name: string }; service: boolean; state: string }[]
	}
	const services = status.parts.filter(({ service, part }) => service && part.name !== "grafana")
	if (services.length < 5 || services.some(({ state }) => state !== "up")) return false
	const prometheus = createPrometheus({ url: urlsIn(home).prometheus, ...credentialsOf(home).prometheus }, 2_000)
	const fresh = await prometheus.query("count(time() - timestamp(up) < 20 and up == 1)")
	return fresh[0]?.value === 7
}

async function missingOf(home: string, accepted: readonly string[]): Promise<string[]> {
	const client = new pg.Client(readFileSync(databaseFile(stateDirAt("", home).secrets, "DATABASE_URL"), "utf8").trim())
	await client.connect()
	try {
		const { rows } = await client.query<{ name: string }>(
			`select 'incident:' || alertname as name from observatory.incidents
			union all select 'log:' || body from observatory.log_records`,
		)
		const answer = await fetch(`${urlsIn(home).alertmanager}/api/v2/silences`, {
			headers: credentialsOf(home).alertmanager,
		})
		const silences = (await answer.json()) as { comment: string }[]
		const there = new Set([...rows.map(({ name }) => name), ...silences.map(({ comment }) => `silence:${comment}`)])
		return accepted.filter((name) => !there.has(name))
	} finally {
		await client.end()
	}
}

async function eventually(ask: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
	const deadline = Date.now() + withinMs
	while (!(await ask().catch(() => false))) {
		if (Date.now() > deadline) throw new Error(`still not so after ${withinMs / 1_000} s: ${ask}`)
		await sleep(100)
	}
}
