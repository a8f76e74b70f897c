import { setTimeout as sleep } from "node:timers/promises"
import type pg from "pg"
import { CONSOLE_TOKEN } from "../webhook.ts"
import type { Random } from "./stories.ts"

const asAdmin = { authorization: `Bearer ${CONSOLE_TOKEN}`, "content-type": "application/json" }

/** Asks one of several replicas until there is an answer that is not about the server itself. */
export async function askUntilAnswered(
	urls: readonly string[],
	path: string,
	body: object | undefined,
	random: Random,
): Promise<number> {
	for (const until = Date.now() + 120_000; Date.now() < until; await sleep(100)) {
		const url = urls[Math.floor(random() * urls.length)]
		const init = { method: "POST", headers: asAdmin, signal: AbortSignal.timeout(20_000) }
		const status = await fetch(`${url}${path}`, { ...init, ...(body && { body: JSON.stringify(body) }) }).then(
			async (response) => {
				await response.arrayBuffer()
				return response.status
			},
			() => undefined,
		)
		if (status !== undefined && status < 500) return status
	}
	throw new Error(`nobody answered ${path} within two minutes`)
}

/** A person who takes an open incident now and then, half of them: `taken` says when the answer was there. */
export async function takeIncidents(
	pool: pg.Pool,
	urls: readonly string[],
	taken: Map<number, number>,
	random: Random,
	enough: () => boolean,
): Promise<void> {
	while (!enough()) {
		await sleep(random() * 400)
		const { rows } = await pool.query<{ id: string }>(`
			select id from observatory.incidents
			where status = 'firing' and severity = 'critical' and acknowledged_at is null and id % 2 = 0
			order by random() limit 1`)
		const id = Number(rows[0]?.id)
		if (!id) continue
		const status = await askUntilAnswered(urls, `/api/incidents/${id}/acknowledge`, undefined, random)
		// 409: the alert was over first.
		if (status === 200) taken.set(id, taken.get(id) ?? Date.now())
		else if (status !== 409) throw new Error(`taking incident ${id} was answered with ${status}`)
	}
}

/** A person who lets most remediations that wait be done, and refuses the rest. */
export async function decideRemediations(
	pool: pg.Pool,
	urls: readonly string[],
	random: Random,
	enough: () => boolean,
): Promise<void> {
	while (!enough()) {
		await sleep(random() * 400)
		const { rows } = await pool.query<{ id: string }>(
			"select id from observatory.remediations where state = 'awaiting_approval' order by random() limit 1",
		)
		if (!rows[0]) continue
		const verb = random() < 0.8 ? "approve" : "refuse"
		const path = `/api/remediations/${rows[0].id}/${verb}`
		const status = await askUntilAnswered(urls, path, undefined, random)
		// 409: a guard rail stands against it now, or an answer that got lost had decided it.
		if (status !== 200 && status !== 409) throw new Error(`${path} was answered with ${status}`)
	}
}
