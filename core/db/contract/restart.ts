import type pg from "pg"
import { inTransaction } from "../session.ts"
import { VIEW_NAMES, type ViewName } from "./views.ts"

export interface RestartRequest {
	readonly provider: string
	/** All views when not given. */
	readonly view?: ViewName | undefined
	/** Rows numbered up to here count as read. */
	readonly after: number
}

/** A provider of a view that has been read. */
export interface Restarted {
	readonly view: string
	readonly provider: string
	/** The highest number that had been read. */
	readonly high: number
}

/**
 * Makes the exporters read a provider's rows again, from the number after `after`. What was counted stays counted. Waits
 * for a poll that runs at the moment.
 *
 * @returns the views in which the provider had been read; none when it never was
 * @throws ObservatoryError `database_unreachable`, `database_forbidden` or `database_wrong_schema`
 */
export function restartProvider(own: pg.Pool, { provider, view, after }: RestartRequest): Promise<Restarted[]> {
	const options = { what: "Restarting a provider", signal: AbortSignal.timeout(30_000) }
	return inTransaction(own, options, async (client) => {
		const views = view === undefined ? VIEW_NAMES : [view]
		const { rows } = await client.query<{ view: string; high: number }>(
			`select name as view, (position #>> array[$2, 'high'])::float8 as high from observatory.readers
			where name = any($1) and position ? $2 order by name for update`,
			[views, provider],
		)
		const found = rows.map((row) => row.view)
		await client.query(
			`update observatory.readers set position = jsonb_set(position, array[$2],
				jsonb_build_object('high', $3::bigint, 'gaps', '[]'::jsonb, 'cursor', 0)) where name = any($1)`,
			[found, provider, after],
		)
		await client.query("delete from observatory.tracked_rows where reader = any($1) and provider = $2 and seq > $3", [
			found,
			provider,
			after,
		])
		return rows.map((row) => ({ ...row, provider }))
	})
}

/** Every provider that has been read, by view. */
export async function readProviders(client: pg.ClientBase): Promise<Restarted[]> {
	const { rows } = await client.query<Restarted>(
		`select r.name as view, p.key as provider, (p.value ->> 'high')::float8 as high
		from observatory.readers r cross join jsonb_each(r.position) p where r.name = any($1) order by 1, 2`,
		[VIEW_NAMES],
	)
	return rows
}
