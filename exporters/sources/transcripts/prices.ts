import { readFile } from "node:fs/promises"
import { LineCounter, parseDocument } from "yaml"
import { z } from "zod"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { shippedFile } from "../../../core/lib/files.ts"

/** US dollars for a million tokens. */
export interface Price {
	readonly input: number
	readonly output: number
	readonly cacheWrite5m: number
	readonly cacheWrite1h: number
	readonly cacheRead: number
}

/** Prices by the prefix of a model's name. */
export type PriceTable = ReadonlyMap<string, Price>

/** Tokens of one answer. */
export interface Usage {
	readonly input: number
	readonly output: number
	readonly cacheRead: number
	/** All cache writes; the part in neither of the next two is billed like five minutes. */
	readonly cacheCreation: number
	readonly cacheWrite5m: number
	readonly cacheWrite1h: number
}

const dollars = z.number({ error: "expected a number of dollars" }).nonnegative()

const schema = z.strictObject({
	prices: z.array(
		z.strictObject({
			model: z.string().min(1),
			input: dollars,
			output: dollars,
			cache_write_5m: dollars.optional(),
			cache_write_1h: dollars.optional(),
			cache_read: dollars.optional(),
		}),
	),
})

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

export function parsePrices(text: string, file: string): PriceTable {
	const lines = new LineCounter()
	const document = parseDocument(text, { lineCounter: lines })
	const problems = document.errors.map((error) => {
		const { line, col } = lines.linePos(error.pos[0])
		return `${file}:${line}:${col}: ${error.message.split("\n")[0]}`
	})
	const parsed = problems.length > 0 ? undefined : schema.safeParse(document.toJS())
	for (const issue of parsed?.error?.issues ?? []) problems.push(`${file}: ${issue.path.join(".")}: ${issue.message}`)
	if (!parsed?.success)
		throw new ObservatoryError("config_invalid", `The price table is not usable:\n  - ${problems.join("\n  - ")}`, {
			advice: "Each entry needs model, input and output, in US dollars for a million tokens.",
		})
	return new Map(
		parsed.data.prices.map((entry) => [
			entry.model,
			{
				input: entry.input,
				output: entry.output,
				cacheWrite5m: entry.cache_write_5m ?? entry.input * 1.25,
				cacheWrite1h: entry.cache_write_1h ?? entry.input * 2,
				cacheRead: entry.cache_read ?? entry.input / 10,
			},
		]),
	)
}

/** The price of the longest entry that the model's name starts with. */
export function priceOf(model: string, table: PriceTable): Price | undefined {
	let best = ""
	for (const prefix of table.keys()) if (model.startsWith(prefix) && prefix.length > best.length) best = prefix
	return table.get(best)
}

/** The cost in US dollars. */
export function costOf(usage: Usage, price: Price): number {
	const fiveMinutes = Math.max(usage.cacheWrite5m, usage.cacheCreation - usage.cacheWrite1h)
	const sum =
		usage.input * price.input +
		usage.output * price.output +
		usage.cacheRead * price.cacheRead +
		fiveMinutes * price.cacheWrite5m +
		usage.cacheWrite1h * price.cacheWrite1h
	return sum / 1e6
}
