import { readFile } from "node:fs/promises"
import { LineCounter, parseDocument } from "yaml"
import { z } from "zod"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { shippedFile } from "../../../core/lib/files.ts"
import { modelNameOf } from "./model-name.ts"

/** US dollars for a million tokens. */
export interface Rates {
	readonly input: number
	readonly output: number
	readonly cacheWrite5m: number
	readonly cacheWrite1h: number
	readonly cacheRead: number
}

export interface Price extends Rates {
	/** What fast mode multiplies them by; undefined when that is not known. */
	readonly fast: number | undefined
	/** The rates of an answer with a prompt of more than `tokens`. */
	readonly above: (Rates & { readonly tokens: number }) | undefined
}

export interface PriceTable {
	/** The day of the prices, and where they are from; undefined in tables that do not say. */
	readonly asOf: string | undefined
	readonly source: string | undefined
	/** US dollars for one web search. */
	readonly webSearch: number
	/** By the model's name without a provider's spelling and date. */
	readonly prices: ReadonlyMap<string, Price>
}

/** Tokens of one answer, or of several. */
export interface Tokens {
	readonly input: number
	readonly output: number
	readonly cacheRead: number
	/** All cache writes; the part in neither of the next two is billed like five minutes. */
	readonly cacheCreation: number
	readonly cacheWrite5m: number
	readonly cacheWrite1h: number
	readonly webSearches: number
}

/** Usage of one answer. */
export interface Usage extends Tokens {
	/** `fast`, or undefined for the standard speed. */
	readonly speed: string | undefined
	/** `batch`, `priority` and so on, or undefined for the standard tier. */
	readonly tier: string | undefined
}

/** What web searches cost in tables that do not say. */
const WEB_SEARCH_USD = 0.01
/** Message batches cost half. */
const BATCH = 0.5

const dollars = z.number({ error: "expected a number of dollars" }).nonnegative()
const day = z.iso.date({ error: "expected a day, such as 2026-11-30" })

const rates = {
	input: dollars,
	output: dollars,
	cache_write_5m: dollars.optional(),
	cache_write_1h: dollars.optional(),
	cache_read: dollars.optional(),
}

const entrySchema = z.strictObject({
	model: z.string().min(1).max(200),
	...rates,
	fast: z.number().positive().optional(),
	above: z.strictObject({ tokens: z.number().int().positive(), ...rates }).optional(),
	as_of: day.optional(),
	source: z.string().min(1).optional(),
})

const tableSchema = z.strictObject({
	as_of: day.optional(),
	source: z.string().min(1).optional(),
	web_search: dollars.optional(),
	prices: z.array(entrySchema).min(1, "expected at least one entry"),
})

/** A price table as it is written. */
export type PriceFile = z.output<typeof tableSchema>

/** The shipped price table. */
export const defaultPriceFile = (): string => shippedFile("exporters/sources/transcripts/prices.yaml")

/** @throws ObservatoryError `file_unreadable` or `config_invalid` */
export async function loadPrices(file: string): Promise<PriceTable> {
	try {
		return parsePrices(await readFile(file, "utf8"), file)
	} catch (cause) {
		if (cause instanceof ObservatoryError) throw cause
		throw new ObservatoryError("file_unreadable", `The price table ${file} cannot be read`, {
			advice: "Correct CLAUDE_PRICES, or unset it to use the shipped table.",
			cause,
		})
	}
}

/** @throws ObservatoryError `config_invalid`, with every problem and its place */
export const parsePrices = (text: string, file: string): PriceTable => tableOf(parsePriceFile(text, file))

/** @throws ObservatoryError `config_invalid`, with every problem and its place */
export function parsePriceFile(text: string, file: string): PriceFile {
	const lines = new LineCounter()
	const document = parseDocument(text, { lineCounter: lines })
	const problems = document.errors.map((error) => {
		const { line, col } = lines.linePos(error.pos[0])
		return `${file}:${line}:${col}: ${error.message.split("\n")[0]}`
	})
	const parsed = problems.length > 0 ? undefined : tableSchema.safeParse(document.toJS())
	for (const issue of parsed?.error?.issues ?? []) problems.push(`${file}: ${issue.path.join(".")}: ${issue.message}`)
	if (!parsed?.success)
		throw new ObservatoryError("config_invalid", `The price table is not usable:\n  - ${problems.join("\n  - ")}`, {
			advice: "Each entry needs model, input and output, in US dollars for a million tokens.",
		})
	return parsed.data
}

const tableOf = (file: PriceFile): PriceTable => ({
	asOf: file.as_of,
	source: file.source,
	webSearch: file.web_search ?? WEB_SEARCH_USD,
	prices: new Map(
		file.prices.map((entry) => [
			modelNameOf(entry.model).key,
			{
				...ratesOf(entry),
				fast: entry.fast,
				above: entry.above && { tokens: entry.above.tokens, ...ratesOf(entry.above) },
			},
		]),
	),
})

const ratesOf = (entry: Omit<PriceFile["prices"][number], "model">): Rates => ({
	input: entry.input,
	output: entry.output,
	cacheWrite5m: entry.cache_write_5m ?? entry.input * 1.25,
	cacheWrite1h: entry.cache_write_1h ?? entry.input * 2,
	cacheRead: entry.cache_read ?? entry.input / 10,
})

/** The price of exactly this model, whatever a provider's spelling of its name; undefined when the table has none. */
export const priceOf = (model: string, table: PriceTable): Price | undefined => table.prices.get(modelNameOf(model).key)

/** The list price of an answer in US dollars; undefined when its model, or its speed, has no price. */
export function listCost(model: string, usage: Usage, table: PriceTable): number | undefined {
	const price = priceOf(model, table)
	if (price === undefined) return undefined
	const speed = modelNameOf(model).fast ? "fast" : usage.speed
	const bySpeed = speed === undefined ? 1 : speed === "fast" ? price.fast : undefined
	if (bySpeed === undefined) return undefined
	const isLong = price.above !== undefined && promptOf(usage) > price.above.tokens
	const factor = bySpeed * (usage.tier === "batch" ? BATCH : 1)
	return factor * costOf(usage, isLong ? (price.above ?? price) : price) + usage.webSearches * table.webSearch
}

/** What tokens cost in US dollars, without web searches. */
export function costOf(tokens: Tokens, price: Rates): number {
	const fiveMinutes = Math.max(tokens.cacheWrite5m, tokens.cacheCreation - tokens.cacheWrite1h)
	const sum =
		tokens.input * price.input +
		tokens.output * price.output +
		tokens.cacheRead * price.cacheRead +
		fiveMinutes * price.cacheWrite5m +
		tokens.cacheWrite1h * price.cacheWrite1h
	return sum / 1e6
}

const promptOf = ({ input, cacheRead, cacheCreation, cacheWrite5m, cacheWrite1h }: Tokens): number =>
	input + cacheRead + Math.max(cacheCreation, cacheWrite5m + cacheWrite1h)
