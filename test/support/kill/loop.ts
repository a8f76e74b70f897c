import { setTimeout as sleep } from "node:timers/promises"
import { createPool } from "../../../core/db/client.ts"
import { CONSOLE_TOKEN } from "../webhook.ts"
import { Replica } from "./replica.ts"
import { Acknowledged, GROUP, send } from "./sender.ts"
import { seeded } from "./stories.ts"
import { faults, unfinished } from "./verify.ts"

/** Pairs of Alertmanagers; both of a pair deliver the same, each to a replica of its own. */
const PAIRS = 6
const SETTLE_MS = 120_000

export interface KillResult {
	readonly kills: number
	/** Kills of a process with notifications under way to it, and kills of a process that had not begun to listen. */
	readonly underWay: number
	readonly whileStarting: number
	readonly accepted: number
	readonly retried: number
	readonly incidents: number
	/** Whether the audit chain is whole. */
	readonly audited: boolean
	/** In a person's words; empty when nothing acknowledged was lost and nothing doubled. */
	readonly faults: readonly string[]
}

/**
 * Kills two replicas of alert-webhook, again and again and each at its own time, while notifications pour in; looks
 * after every restart whether anything that was acknowledged is lost, or anything is doubled; and in the end whether
 * everything that should follow has followed.
 */
export async function killAgainAndAgain(databaseUrl: string, kills: number, seed: number): Promise<KillResult> {
	const random = seeded(seed)
	const pool = createPool(databaseUrl, { applicationName: "kill loop", max: 3 })
	const replicas = [await Replica.create(databaseUrl), await Replica.create(databaseUrl)]
	const acknowledged = new Acknowledged()
	const found = new Set<string>()
	const counts = { kills: 0, underWay: 0, whileStarting: 0 }
	let enough = false

	async function killOften(replica: Replica): Promise<void> {
		while (counts.kills < kills) {
			counts.kills++
			await sleep(random() * 800)
			if (acknowledged.isUnderWay(replica.url)) counts.underWay++
			await replica.kill()
			replica.start()
			if (random() < 0.15 && counts.kills < kills) {
				counts.kills++
				counts.whileStarting++
				await sleep(random() * 1_500)
				await replica.kill()
				replica.start()
			}
			await replica.ready()
			for (const fault of await faults(pool, acknowledged)) found.add(fault)
		}
	}

	/** Both of a pair are given the same groups. */
	function pair(): [() => Promise<number | undefined>, () => Promise<number | undefined>] {
		const given: number[] = []
		const next = () => {
			let at = 0
			return async () => {
				if (at === given.length) {
					if (enough) return undefined
					given.push(acknowledged.groups++)
				}
				return given[at++]
			}
		}
		return [next(), next()]
	}

	try {
		replicas[0]?.start()
		await replicas[0]?.ready()
		replicas[1]?.start()
		await replicas[1]?.ready()
		const sending = Array.from({ length: PAIRS }, pair).flatMap((groups) =>
			replicas.map(({ url }, i) => send(url, groups[i] ?? groups[0], acknowledged, random)),
		)
		// A sender that gives up must not go unseen while processes are killed.
		await Promise.race([
			Promise.all(replicas.map(killOften)).finally(() => {
				enough = true
			}),
			...sending.map((one) => one.then(() => new Promise<never>(() => undefined))),
		])
		await Promise.all(sending)
		const stories = acknowledged.groups * GROUP
		const until = Date.now() + SETTLE_MS
		while ((await unfinished(pool, stories)).length > 0 && Date.now() < until) await sleep(500)
		for (const fault of [...(await unfinished(pool, stories)), ...(await faults(pool, acknowledged))]) found.add(fault)
		const { rows } = await pool.query("select count(*)::int as n from observatory.incidents")
		return {
			...counts,
			accepted: acknowledged.accepted,
			retried: acknowledged.retried,
			incidents: rows[0].n,
			audited: await isAuditWhole(replicas[0]?.url ?? ""),
			faults: [...found],
		}
	} finally {
		for (const replica of replicas) await replica.remove()
		await pool.end()
	}
}

async function isAuditWhole(url: string): Promise<boolean> {
	const response = await fetch(`${url}/api/audit/verify`, { headers: { authorization: `Bearer ${CONSOLE_TOKEN}` } })
	return ((await response.json()) as { whole: boolean }).whole
}
