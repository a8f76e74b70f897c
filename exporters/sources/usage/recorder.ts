import type pg from "pg"
import type { Clock } from "../../../core/lib/clock.ts"
import type { OnUsage } from "../otlp/types.ts"

/** Usage is stored in slots of this length. */
export const SLOT_MS = 300_000
/** Most sessions and slots that wait for the database. */
const MOST_WAITING = 20_000

interface Waiting {
	readonly session: string
	readonly slot: number
	tokens: number
	usd: number
	lastAt: number
}

/** Collects what telemetry says that sessions used, until it is stored. */
export class UsageRecorder {
	readonly #clock: Clock
	#waiting = new Map<string, Waiting>()

	constructor(clock: Clock) {
		this.#clock = clock
	}

	readonly add: OnUsage = (session, { tokens, usd }) => {
		const now = this.#clock.now()
		const slot = Math.floor(now / SLOT_MS) * SLOT_MS
		const key = `${slot} ${session}`
		const before = this.#waiting.get(key)
		if (before === undefined && this.#waiting.size >= MOST_WAITING) return
		const entry = before ?? { session, slot, tokens: 0, usd: 0, lastAt: now }
		entry.tokens += tokens
		entry.usd += usd
		entry.lastAt = now
		this.#waiting.set(key, entry)
	}

	/** Stores what waits, within the caller's transaction; call `stored` when that is committed. */
	async store(client: pg.ClientBase): Promise<{ stored(): void }> {
		const entries = [...this.#waiting.values()].map((entry) => ({ ...entry }))
		if (entries.length > 0)
			await client.query(
				`insert into observatory.telemetry_usage as u (session, slot, tokens, cost_usd, last_at)
				select session, to_timestamp(slot / 1000), tokens, usd, to_timestamp(last_at / 1000)
				from unnest($1::text[], $2::float8[], $3::bigint[], $4::float8[], $5::float8[]) as g (session, slot, tokens, usd, last_at)
				order by 1, 2
				on conflict (session, slot) do update set tokens = u.tokens + excluded.tokens,
					cost_usd = u.cost_usd + excluded.cost_usd, last_at = greatest(u.last_at, excluded.last_at)`,
				[
					entries.map(({ session }) => session),
					entries.map(({ slot }) => slot),
					entries.map(({ tokens }) => Math.round(tokens)),
					entries.map(({ usd }) => usd),
					entries.map(({ lastAt }) => lastAt),
				],
			)
		return {
			stored: () => {
				for (const { session, slot, tokens, usd } of entries) {
					const key = `${slot} ${session}`
					const entry = this.#waiting.get(key)
					if (entry === undefined) continue
					entry.tokens -= tokens
					entry.usd -= usd
					if (entry.tokens <= 0 && entry.usd <= 0) this.#waiting.delete(key)
				}
			},
		}
	}
}
