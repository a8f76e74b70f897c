import { once } from "node:events"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"
import { enqueue } from "../../alert-webhook/store/jobs/enqueue.ts"
import { migrateJobs } from "../../alert-webhook/store/jobs/migrate.ts"
import { type JobHandlers, JobWorker } from "../../alert-webhook/store/jobs/worker.ts"
import { createDatabase as createDrizzle, createPool } from "../../core/db/client.ts"
import { migrate } from "../../core/db/migrate.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { type LocalServer, serve } from "../support/local-server.ts"
import { createDatabase, startPostgres, type TestPostgres } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"
import { UNLIMITED } from "../support/webhook-client.ts"

const WORKERS = Array.from({ length: 8 }, (_, n) => `worker-${n}`)

let postgres: TestPostgres
let supervisor: LocalServer
let answersAfterMs: number
let webhooks: TestWebhook[] = []

beforeAll(async () => {
	// One of its own: the server that other tests share must not go away.
	postgres = await startPostgres()
	supervisor = await serve(async (_, res) => {
		await sleep(answersAfterMs)
		res.writeHead(200).end("{}")
	})
	const restarters = path.join(mkdtempSync(path.join(tmpdir(), "observatory-jobs-")), "remediation.yaml")
	const restarter = { http: { url: supervisor.url } }
	writeFileSync(restarters, JSON.stringify({ workers: Object.fromEntries(WORKERS.map((name) => [name, restarter])) }))
	const database = await createDatabase(postgres.url())
	const env = { REMEDIATION_CONFIG: restarters, VERIFY_EVERY: "1s", VERIFY_FOR: "2s" }
	webhooks = [await startTestWebhook(database, { env }), await startTestWebhook(database, { env })]
	await first().setPolicy({ action: "restartWorker", mode: "auto", ...UNLIMITED })
})
afterAll(async () => {
	for (const webhook of webhooks) await webhook.stop()
	await supervisor?.close()
	await postgres?.remove()
})

const first = () => {
	const [webhook] = webhooks
	if (!webhook) throw new Error("not started")
	return webhook
}
const fire = (workers: readonly string[]) =>
	first().notify(
		...workers.map((worker) => ({ fingerprint: worker, labels: { remediation: "restartWorker", worker } })),
	)
const remediations = () => first().remediations()

describe("a job that takes long", () => {
	it("stays with the worker that lives, and is not mistaken for one whose worker has died", async () => {
		answersAfterMs = 27_000
		await fire(["worker-0"])
		const [row] = await eventually(remediations, ([one]) => one?.state === "failed" || one?.state === "succeeded")
		// There is no Prometheus to ask here; what counts is that its restart was waited for.
		expect(row?.reason).toMatch(/^whether it succeeded is not known/)
	})
})

/** A worker alone, on a database of its own. */
async function startWorker(step: JobHandlers["escalation.step"]) {
	const url = await createDatabase(postgres.url())
	await migrate(url)
	await migrateJobs(url)
	const pool = createPool(url, { applicationName: "jobs", max: 6 })
	const db = createDrizzle(pool)
	const idle = async () => undefined
	const worker = new JobWorker({ db, log: silentLogger }, pool, {
		"remediation.propose": idle,
		"remediation.run": idle,
		"remediation.verify": idle,
		"escalation.step": step,
		"pages.send": idle,
	})
	onTestFinished(async () => {
		await worker.close()
		await pool.end()
	})
	const add = (incidentId: number) =>
		db.transaction((tx) => enqueue(tx, "escalation.step", { incidentId }, { key: String(incidentId) }))
	return { pool, worker, add }
}

describe("a worker to whose first question the database is silent", () => {
	it("does its jobs all the same, once it answers again", async () => {
		const done: number[] = []
		const { pool, worker, add } = await startWorker(async ({ incidentId }) => void done.push(incidentId))
		let silent = 1
		// Only the driver can know that no answer came: the server itself would have to be frozen at that moment.
		pool.on("connect", (client) => {
			const query: (...args: unknown[]) => unknown = client.query.bind(client)
			const deaf = (...args: unknown[]) =>
				JSON.stringify(args[0]).includes("_private_tasks as tasks") && silent-- > 0
					? Promise.reject(new Error("Query read timeout"))
					: query(...args)
			client.query = deaf as typeof client.query
		})
		worker.start()
		await eventually(() => silent <= 0)
		await add(7)
		await eventually(() => done.includes(7))
	})
})

describe("a worker whose jobs end one after the other while the database is away", () => {
	it("restarts soon after it is back", async () => {
		const started: number[] = []
		const done: number[] = []
		const away = new AbortController()
		const { worker, add } = await startWorker(async ({ incidentId }) => {
			started.push(incidentId)
			if (!away.signal.aborted) {
				await once(away.signal, "abort")
				await sleep(incidentId * 300)
				if (incidentId < 3) throw new Error("the database is away")
			}
			done.push(incidentId)
		})
		worker.start()
		for (const id of [1, 2, 3]) await add(id)
		await eventually(() => started.length === 3)
		await postgres.stop("SIGQUIT")
		away.abort()
		await sleep(2_000)
		await postgres.start()
		await add(7)
		await eventually(() => done.includes(7))
	})
})

describe("jobs that end while the database is away", () => {
	it("end no process, and all jobs are done once it is back", async () => {
		const unhandled: unknown[] = []
		const note = (reason: unknown) => unhandled.push(reason)
		process.on("unhandledRejection", note)
		onTestFinished(() => void process.off("unhandledRejection", note))
		answersAfterMs = 2_000
		const others = WORKERS.slice(1)
		await fire(others)
		await eventually(remediations, (rows) => rows.some(({ state }) => state === "running"))
		await postgres.stop("SIGQUIT")
		await sleep(5_000)
		await postgres.start()
		const open = ["proposed", "approved", "running", "verifying"]
		await eventually(remediations, (rows) => {
			const ours = rows.filter(({ target }) => others.includes(target))
			return ours.length === others.length && ours.every(({ state }) => !open.includes(state))
		})
		expect(unhandled).toEqual([])
	})
})
