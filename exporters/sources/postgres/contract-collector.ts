import type pg from "pg"
import { contractRestarts, contractValuesRefused } from "../../../core/catalogue/subjects/observatory.ts"
import type { Group } from "../../../core/catalogue/types.ts"
import { VIEW_NAMES } from "../../../core/db/contract/views.ts"
import { onSnapshot } from "../../../core/db/session.ts"
import type { Collector } from "../../../core/metrics/collector.ts"
import { samplesOf, type Total } from "../../../core/metrics/durable.ts"
import { sample } from "../../../core/metrics/samples.ts"
import { ZERO_HOLD_MS } from "../../../core/metrics/zero-first.ts"

const EMITS = [contractValuesRefused, contractRestarts]

/** What the readers of all views left out or noticed, from our database, in which they count it. */
export function contractCollector(
	own: pg.Pool,
	group: Exclude<Group, "observatory">,
	zeroHoldMs = ZERO_HOLD_MS,
): Collector {
	return {
		name: "contract",
		group,
		emits: EMITS,
		intervalMs: 15_000,
		timeoutMs: 8_000,
		zeroHoldMs,
		collect: (signal) =>
			onSnapshot(own, { what: "Reading what was left out of the contract's views", signal }, async (client) => [
				...VIEW_NAMES.map((view) => sample(contractRestarts, { view }, 0)),
				...samplesOf(EMITS, await readLeftOut(client)),
			]),
	}
}

/** The totals of what was left out, of all readers. */
export async function readLeftOut(client: pg.ClientBase): Promise<Total[]> {
	const { rows } = await client.query<Total>(
		"select series, labels, value from observatory.totals where reader = any($1) and series = any($2) order by 1, 2",
		[VIEW_NAMES, EMITS.map(({ name }) => name)],
	)
	return rows
}
