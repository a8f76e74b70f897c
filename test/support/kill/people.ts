import { setTimeout as sleep } from "node:timers/promises"
import { asker } from "./ask.ts"
import type { Scene } from "./scene.ts"
import { isLent } from "./stories.ts"

/** Another answer that people may get: something was resolved, decided or done first, perhaps by their own lost request. */
const FIRST = 409

/** A person who acknowledges half of the open incidents, each at some time: `acknowledgedIncidents` has the time of the answer. */
export async function acknowledgeIncidents(
	{ pool, urls, random, acknowledgedIncidents }: Scene,
	enough: () => boolean,
): Promise<void> {
	const ask = asker(urls, random, [200, FIRST])
	while (!enough()) {
		await sleep(random() * 400)
		const { rows } = await pool.query<{ id: string; story: string }>(`
			select id, labels->>'story' as story from observatory.incidents
			where status = 'firing' and severity = 'critical' and acknowledged_at is null and id % 2 = 0
			order by random() limit 1`)
		if (!rows[0]) continue
		const id = Number(rows[0].id)
		const status = await ask(`/api/incidents/${id}/acknowledge`)
		// A short acknowledgement expires by itself.
		if (status === 200 && !isLent(Number(rows[0].story)))
			acknowledgedIncidents.set(id, acknowledgedIncidents.get(id) ?? Date.now())
	}
}

/** A person who closes an open incident now and then, a quarter of them, though its alert may fire on. */
export async function closeIncidents({ pool, urls, random, closed }: Scene, enough: () => boolean): Promise<void> {
	const ask = asker(urls, random, [200])
	while (!enough()) {
		await sleep(random() * 1_500)
		const { rows } = await pool.query<{ id: string }>(`
			select id from observatory.incidents where status = 'firing' and verdict is null and id % 4 = 1
			order by severity, random() limit 1`)
		if (!rows[0]) continue
		const id = Number(rows[0].id)
		const verdict = random() < 0.5 ? "false_positive" : "true_positive"
		await ask(`/api/incidents/${id}/close`, { verdict })
		closed.set(id, Date.now())
	}
}

/** A person who lets most remediations that wait be done, and refuses the rest: `decided` says what was answered. */
export async function decideRemediations({ pool, urls, random, decided }: Scene, enough: () => boolean): Promise<void> {
	const ask = asker(urls, random, [200, FIRST])
	while (!enough()) {
		await sleep(random() * 400)
		const { rows } = await pool.query<{ id: string }>(
			"select id from observatory.remediations where state = 'awaiting_approval' order by id limit 1",
		)
		if (!rows[0]) continue
		const verb = random() < 0.7 ? "approve" : "refuse"
		if ((await ask(`/api/remediations/${rows[0].id}/${verb}`)) === 200) decided.set(Number(rows[0].id), verb)
	}
}
