import { SERIES } from "../../core/catalogue/index.ts"
import { castAdvice, fitOf } from "../../core/db/contract/column-types.ts"
import type { InstalledView } from "../../core/db/contract/installed.ts"
import { columnsOf, ROW, VIEW_NAMES, type ViewName } from "../../core/db/contract/views.ts"
import { STREAMS } from "../streams.ts"
import type { SourceFacts } from "./facts.ts"
import { type Finding, good, missing, note } from "./finding.ts"

const DOCUMENT = "docs/contract.md says what it has to have."

/** What the contract's views lack, compared with what the exporters select from them. */
export function diagnoseViews({ contract: { mark, views }, schemaUsable, user }: SourceFacts): Finding[] {
	if (mark === undefined) return []
	if (!schemaUsable)
		return [missing(`${user} may not use schema contract`, `grant usage on schema contract to "${user}";`)]
	const closed = VIEW_NAMES.filter((name) => views.get(name)?.readable === false)
	const absent = VIEW_NAMES.filter((name) => !views.has(name))
	// Said once: of many absent views the cause is one.
	const findings =
		absent.length > 1
			? [
					missing(
						`there are no views contract.${absent.join(", contract.")}; what is made from them has no values`,
						DOCUMENT,
					),
				]
			: absent.flatMap((name) => diagnoseView(name, undefined))
	findings.push(...VIEW_NAMES.filter((name) => views.has(name)).flatMap((name) => diagnoseView(name, views.get(name))))
	if (closed.length > 0)
		findings.push(
			missing(
				`${user} may not read contract.${closed.join(", contract.")}`,
				`grant select on all tables in schema contract to "${user}";`,
			),
		)
	const works = findings.every(({ state }) => state !== "missing")
	return works ? [good("all ten views are there and can be read"), ...findings] : findings
}

function diagnoseView(name: ViewName, view: InstalledView | undefined): Finding[] {
	const stream = Object.values(STREAMS)
		.flat()
		.find((each) => each.view === name)
	const emits = (stream?.emits ?? []).filter(({ column }) => column === undefined).map((series) => series.name)
	const unseen = emits.length > 0 ? ` (no values of ${emits.join(", ")})` : ""
	if (view === undefined) {
		const text = `view contract.${name} does not exist`
		return [stream ? missing(text + unseen, DOCUMENT) : note(`${text}; no metric is made from it`)]
	}
	const declared = columnsOf(name)
	const selected = [...Object.keys(ROW), ...(stream?.columns ?? [])]
	const absent = Object.keys(declared).filter((column) => !view.columns.has(column))
	const optional = absent.filter((column) => declared[column]?.optional)
	const required = absent.filter((column) => !optional.includes(column) && selected.includes(column))
	const unread = absent.filter((column) => !optional.includes(column) && !selected.includes(column))
	return [
		...(required.length > 0 ? [missing(`view contract.${name} lacks ${required.join(", ")}${unseen}`, DOCUMENT)] : []),
		...optional.map((column) => lacksOptional(name, column)),
		...(unread.length > 0
			? [note(`view contract.${name} lacks ${unread.join(", ")}; no metric is made from that`, DOCUMENT)]
			: []),
		...[...view.columns].flatMap(([column, actual]) => diagnoseType(name, column, actual, selected)),
	]
}

function lacksOptional(name: ViewName, column: string): Finding {
	const series = SERIES.filter((each) => each.column === `${name}.${column}`).map((each) => each.name)
	return note(
		`view contract.${name} lacks ${column}, which is optional${series.length > 0 ? `: ${series.join(", ")} has no values` : ""}`,
		`Add it to the view to have them; ${DOCUMENT}`,
	)
}

/** A view that is not ours may have a column with the right name and another meaning. */
function diagnoseType(name: ViewName, column: string, actual: string, selected: readonly string[]): Finding[] {
	const wanted = columnsOf(name)[column]?.type
	if (wanted === undefined) return []
	const fit = fitOf(actual, wanted)
	if (fit === "equal") return []
	const text = `contract.${name}.${column} is ${actual} instead of ${wanted}`
	const advice = castAdvice(column, actual, wanted)
	if (fit === "unusable" && selected.includes(column)) return [missing(`${text}, and the view cannot be read`, advice)]
	return [note(fit === "convertible" ? `${text}; the exporters convert it, others that read it may not` : text, advice)]
}
