import type pg from "pg"
import { contractRestarts } from "../../core/catalogue/subjects/observatory.ts"
import { VIEW_NAMES } from "../../core/db/contract/views.ts"
import type { Position } from "../kit/position.ts"
import { readLeftOut } from "../sources/postgres/contract-collector.ts"
import { type Finding, note } from "./finding.ts"

const REASONS: Readonly<Record<string, string>> = {
	not_finite: "numbers that are NaN or infinite were left out",
	out_of_range: "numbers outside the range of their column were left out",
	no_place: "label values without a place were counted as other",
}

/** What the readers noticed in the contract's rows: values that were left out, and numbers that began again. */
export async function examineReading(client: pg.ClientBase): Promise<Finding[]> {
	const { rows: made } = await client.query("select where to_regclass('observatory.totals') is not null")
	if (made.length === 0) return []
	const leftOut = (await readLeftOut(client)).flatMap(({ series, labels, value }) => {
		const { view = "", reason = "" }: Readonly<Record<string, string>> = JSON.parse(labels)
		const text = REASONS[reason]
		if (series === contractRestarts.name || text === undefined) return []
		return [
			note(`contract.${view}: ${value} ${text}`, `Look for them in contract.${view}; docs/contract.md has the ranges.`),
		]
	})
	const { rows } = await client.query<{ view: string; provider: string; position: Position }>(
		`select r.name as view, p.key as provider, p.value as position
		from observatory.readers r cross join jsonb_each(r.position) p where r.name = any($1) order by 1, 2`,
		[VIEW_NAMES],
	)
	return [...leftOut, ...rows.flatMap(({ view, provider, position }) => examineNumbers(view, provider, position))]
}

function examineNumbers(view: string, provider: string, { high, end, restarts = 0, restartedAt }: Position): Finding[] {
	const wrong = `If that is wrong: npm run contract -- --restart ${provider} --view ${view} --after NUMBER`
	return [
		...(restarts > 0 && restartedAt !== undefined
			? [
					note(
						`contract.${view}: the numbers of provider ${provider} began again ${restarts === 1 ? "once" : `${restarts} times`}, last seen ${new Date(restartedAt).toISOString()}; the new rows are counted on`,
						wrong,
					),
				]
			: []),
		...(end === undefined
			? []
			: [
					note(
						`contract.${view}: the rows of provider ${provider} end at number ${end}, and ${high} was read before: they were deleted, or restored from an older dump`,
						`New rows are counted either way. ${wrong}`,
					),
				]),
	]
}
