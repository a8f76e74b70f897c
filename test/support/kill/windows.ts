import { setTimeout as sleep } from "node:timers/promises"
import type pg from "pg"
import { asker } from "./ask.ts"
import type { Scene } from "./scene.ts"

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()

/**
 * A person who opens maintenance windows over some teams' incidents, for now or for a moment later, one over another,
 * and who ends some of them or takes them back; the others end by themselves.
 */
export async function keepWindows({ pool, urls, random }: Scene, enough: () => boolean): Promise<void> {
	// 400: it was asked after its end. 409: it had ended.
	const ask = asker(urls, random, [200, 201, 400, 409])
	while (!enough()) {
		await sleep(random() * 1_500)
		const { rows } = await pool.query<{ id: string }>(
			"select id from observatory.maintenance_windows where ends_at > now() order by random() limit 1",
		)
		if (rows[0] && random() < 0.6) {
			await ask(`/api/maintenance/${rows[0].id}/end`)
			continue
		}
		const startsInMs = random() < 0.3 ? 2_000 : 0
		await ask("/api/maintenance", {
			matchers: ["team=0", "team=1", "team=2", 'team=~"0|1"'][Math.floor(random() * 4)],
			startsAt: inMs(startsInMs),
			endsAt: inMs(startsInMs + 1_000 + random() * 4_000),
			reason: "new disks",
		})
	}
}

/** Windows whose end nothing has followed from. */
export async function unfinishedWindows(pool: pg.Pool): Promise<string[]> {
	const { rows } = await pool.query<{ id: string }>(
		"select id from observatory.maintenance_windows where ended_at is null",
	)
	return rows.map(({ id }) => `not over: maintenance window ${id}`)
}
