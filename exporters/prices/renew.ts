import { stringify } from "yaml"
import { modelNameOf } from "../sources/transcripts/model-name.ts"
import type { PriceFile } from "../sources/transcripts/prices.ts"

type Entry = PriceFile["prices"][number]

/** The price of one model, before and after; undefined where the table does not have it. */
export interface Change {
	readonly model: string
	readonly before: Entry | undefined
	readonly after: Entry
}

export interface Renewal {
	readonly table: PriceFile
	readonly changes: readonly Change[]
}

/**
 * Puts the prices of `fresh` into `current`. Models that `fresh` does not have keep their price, with its day and source.
 *
 * @param origin day and source of `fresh`, where it does not say
 */
export function renew(
	current: PriceFile,
	fresh: PriceFile,
	origin: { readonly asOf: string; readonly source: string },
): Renewal {
	const fromThere = new Map(fresh.prices.map((entry) => [keyOf(entry), entry]))
	const known = new Map(current.prices.map((entry) => [keyOf(entry), entry]))
	const kept = current.prices.map((entry) => fromThere.get(keyOf(entry)) ?? dated(entry, current))
	const added = [...fromThere].filter(([key]) => !known.has(key)).map(([, entry]) => entry)
	const changes = [...fromThere].flatMap(([model, after]): Change[] => {
		const before = known.get(model)
		return before && samePrice(before, after) ? [] : [{ model, before, after }]
	})
	return {
		table: {
			as_of: fresh.as_of ?? origin.asOf,
			source: fresh.source ?? origin.source,
			web_search: fresh.web_search ?? current.web_search,
			prices: [...added, ...kept].map((entry) => ({ ...entry, model: keyOf(entry) })),
		},
		changes,
	}
}

const keyOf = ({ model }: Entry): string => modelNameOf(model).key

const dated = (entry: Entry, { as_of, source }: PriceFile): Entry => ({
	...entry,
	...(entry.as_of || as_of ? { as_of: entry.as_of ?? as_of } : {}),
	...(entry.source || source ? { source: entry.source ?? source } : {}),
})

const samePrice = (a: Entry, b: Entry): boolean => describe(a) === describe(b)

/** An entry's numbers in one line. */
export const describe = ({ model: _, as_of: __, source: ___, ...numbers }: Entry): string =>
	flow(Object.fromEntries(Object.entries(numbers).sort(([a], [b]) => (a < b ? -1 : 1))))

/** The table as YAML, with the comment at the top of the former text. */
export function renderPrices({ as_of, source, web_search, prices }: PriceFile, formerText: string): string {
	const comment = /^(?:#.*\n)*/.exec(formerText)?.[0] ?? ""
	const head = stringify({ as_of, source, ...(web_search === undefined ? {} : { web_search }) })
	return `${comment}${head}prices:\n${prices.map((entry) => `  - ${flow(entry)}\n`).join("")}`
}

const flow = (value: object): string => stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd()
