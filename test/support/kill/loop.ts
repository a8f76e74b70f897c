import { setTimeout as sleep } from "node:timers/promises"
import type pg from "pg"
import type { CrashPoint } from "../../../alert-webhook/domain/crash-points.ts"
import { webhookClient } from "../webhook-client.ts"
import { asker } from "./ask.ts"
import { answerCalls, makeCalls, wrongCalls } from "./calls.ts"
import { controlSessions, unfinishedControl } from "./control.ts"
import { POLICIES } from "./outside.ts"
import { acknowledgeIncidents, closeIncidents, decideRemediations } from "./people.ts"
import type { Replica } from "./replica.ts"
import { latePages, lostPromises, wrongPages, wrongPulls } from "./response.ts"
import { openScene, type Scene } from "./scene.ts"
import { GROUP, pair, send } from "./sender.ts"
import type { Random } from "./stories.ts"
import { Trials } from "./trials.ts"
import { faults, unfinishedStories } from "./verify.ts"
import { keepWindows, unfinishedWindows } from "./windows.ts"

/** Pairs of Alertmanagers; both of a pair deliver the same, each to a replica of its own. */
const PAIRS = 4
/** How long a process may take to come to the step that it is to die at. */
const TRIAL_MS = 8_000
const SETTLE_MS = 180_000

export interface KillResult {
	readonly kills: number
	readonly deaths: ReadonlyMap<CrashPoint, number>
	/** Steps that no process died at. */
	readonly untried: readonly CrashPoint[]
	/** Kills from outside: of a process that did not come to its step, and of one that did not listen yet. */
	readonly fromOutside: number
	readonly whileStarting: number
	readonly accepted: number
	readonly retried: number
	readonly incidents: number
	/** Actions that were really done, incidents that people took, pages that they heard. */
	readonly pulls: number
	/** Remediations that a death cut short: not done again, counted as failed, and paged. */
	readonly cutShort: number
	readonly acknowledgedIncidents: number
	readonly closed: number
	readonly heard: number
	/** Maintenance windows, and how often one resumed an incident's response. */
	readonly windows: number
	readonly resumed: number
	/** Acknowledgements that expired. */
	readonly expired: number
	/** Stops, pauses and their ends. */
	readonly changes: number
	/** Calls that a person approved and an agent then ran. */
	readonly calls: number
	/** Transactions that PostgreSQL ended because they waited for each other; they were retried. */
	readonly deadlocks: number
	/** Whether the audit chain is whole. */
	readonly audited: boolean
	/** In a person's words; empty when nothing acknowledged was lost and nothing doubled. */
	readonly faults: readonly string[]
}

/**
 * Lets two replicas of alert-webhook die, again and again and at every step, while notifications pour in, actions are
 * done and verified, people are paged, take incidents and close them, maintenance begins and ends, autonomous
 * sessions are stopped and resumed, and their calls are approved. Looks all the while whether anything that was acknowledged
 * is lost, or anything is doubled; and in the end whether everything that should follow has followed. `report` gets every
 * few seconds how many kills there were.
 */
export async function killAgainAndAgain(
	databaseUrl: string,
	kills: number,
	seed: number,
	report: (kills: number) => void = () => undefined,
): Promise<KillResult> {
	const scene = await openScene(databaseUrl, seed)
	const { pool, replicas, urls, random, acknowledged, outside } = scene
	const trials = new Trials(kills, random)
	const found = new Set<string>()
	/** Nothing new begins any more; then: everything has come to its end. */
	let enough = false
	let settled = false
	try {
		const ask = asker(urls, random, [200])
		for (const policy of POLICIES) await ask("/api/remediation/policies", policy)
		const look = async () => {
			report(trials.kills)
			for (const fault of await faults(pool, acknowledged)) found.add(fault)
		}
		const coming = [...traffic(scene, () => enough), watch(look, () => enough)]
		// Two people, who may answer the same question at the same time.
		const deciding = Promise.all(
			[1, 2].flatMap(() => [decideRemediations, answerCalls].map((decide) => decide(scene, () => settled))),
		)
		// A failure must not go unseen while processes are killed.
		await Promise.race([
			Promise.all(replicas.map((replica) => dieOften(replica, trials, random))),
			...[...coming, deciding].map((one) => one.then(() => new Promise<never>(() => undefined))),
		])
		enough = true
		await Promise.all(coming)
		for (const fault of await settle(scene)) found.add(fault)
		settled = true
		await deciding
		return {
			kills: trials.kills,
			deaths: trials.deaths,
			untried: trials.untried,
			fromOutside: trials.fromOutside,
			whileStarting: trials.whileStarting,
			accepted: acknowledged.accepted,
			retried: acknowledged.retried,
			incidents: await one(pool, "select count(*)::int as n from observatory.incidents"),
			pulls: outside.pulls.length,
			cutShort: await one(
				pool,
				"select count(*)::int as n from observatory.remediations where state = 'failed' and reason like '%was lost while it was being done%'",
			),
			acknowledgedIncidents: scene.acknowledgedIncidents.size,
			closed: scene.closed.size,
			heard: outside.alerting.heard.size,
			windows: await one(pool, "select count(*)::int as n from observatory.maintenance_windows"),
			resumed: await happened(pool, "resumed"),
			expired: await happened(pool, "acknowledgement_expired"),
			changes: await one(pool, "select revision::int as n from observatory.control"),
			calls: scene.calls.ran.size,
			deadlocks: await one(pool, "select deadlocks::int as n from pg_stat_database where datname = current_database()"),
			audited: await isAuditWhole(urls[0] ?? ""),
			faults: [...found],
		}
	} finally {
		await scene.close()
	}
}

/** Lets a replica die at one step after the other, and lets it live when there were enough. */
async function dieOften(replica: Replica, trials: Trials, random: Random): Promise<void> {
	await replica.kill()
	while (!trials.enough) {
		const crash = trials.next()
		replica.start(crash)
		if (await replica.diesWithin(TRIAL_MS)) trials.died(crash)
		else {
			trials.fromOutside++
			await replica.kill()
		}
		if (random() < 0.15) {
			trials.whileStarting++
			replica.start()
			await sleep(random() * 1_500)
			await replica.kill()
		}
	}
	replica.start()
	await replica.ready()
}

/** Notifications, and whatever people do. */
function traffic(scene: Scene, enough: () => boolean): Promise<void>[] {
	const { urls, random, acknowledged } = scene
	const sending = Array.from({ length: PAIRS }, () => pair(acknowledged, enough)).flatMap((groups) =>
		urls.map((url, i) => send(url, groups[i] ?? groups[0], acknowledged, random)),
	)
	const people = [acknowledgeIncidents, closeIncidents, keepWindows, controlSessions, makeCalls]
	return [...sending, ...people.map((act) => act(scene, enough))]
}

async function watch(look: () => Promise<void>, enough: () => boolean): Promise<void> {
	for (; !enough(); await sleep(3_000)) await look()
}

/** Waits until everything that should follow has followed; returns what has not, and what should not have. */
async function settle(scene: Scene): Promise<string[]> {
	const { pool, outside, acknowledged } = scene
	const unfinished = async () => [
		...(await unfinishedWindows(pool)),
		...(await unfinishedControl(pool, outside)),
		...(await wrongCalls(pool, scene.calls)),
		...(await unfinishedStories(pool, acknowledged.groups * GROUP)),
		...(await wrongPages(pool, outside.alerting)),
	]
	for (const until = Date.now() + SETTLE_MS; Date.now() < until; await sleep(500))
		if ((await unfinished()).length === 0) break
	return [
		...(await unfinished()),
		...(await faults(pool, acknowledged)),
		...(await wrongPulls(pool, outside.pulls)),
		...(await lostPromises(pool, scene)),
		...latePages(outside.alerting, scene),
	]
}

const one = async (pool: pg.Pool, query: string): Promise<number> => (await pool.query(query)).rows[0].n

const happened = (pool: pg.Pool, kind: string): Promise<number> =>
	one(pool, `select count(*)::int as n from observatory.incident_timeline where kind = '${kind}'`)

const isAuditWhole = async (url: string): Promise<boolean> => (await webhookClient(url).verifyAudit()).whole
