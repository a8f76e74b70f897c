import { readFile } from "node:fs/promises"
import { z } from "zod"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { modelNameOf } from "../sources/transcripts/model-name.ts"
import { type PriceFile, parsePriceFile } from "../sources/transcripts/prices.ts"

const PATIENCE_MS = 20_000
/** LiteLLM's table has about 2 MB. */
const MOST_BYTES = 20_000_000

/** The text of a file or of an address. @throws ObservatoryError `file_unreadable` */
export async function readOrigin(from: string): Promise<string> {
	try {
		if (!/^https?:\/\//.test(from)) return await readFile(from, "utf8")
		const response = await fetch(from, { signal: AbortSignal.timeout(PATIENCE_MS) })
		if (!response.ok) throw new Error(`it answered ${response.status}`)
		const announced = Number(response.headers.get("content-length") ?? 0)
		const text = announced > MOST_BYTES ? undefined : await response.text()
		if (text === undefined || text.length > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES} bytes`)
		return text
	} catch (cause) {
		throw new ObservatoryError("file_unreadable", `The prices at ${from} cannot be read: ${messageOf(cause)}`, {
			advice: "Give a file, or an address that this machine reaches.",
			cause,
		})
	}
}

/**
 * Prices in our own format, or in that of LiteLLM's `model_prices_and_context_window.json`.
 *
 * @throws ObservatoryError `config_invalid`
 */
export function parseOrigin(text: string, from: string): PriceFile {
	return fromLiteLlm(text) ?? parsePriceFile(text, from)
}

const dollars = z.number().nonnegative().nullish()

const liteLlmSchema = z.object({
	litellm_provider: z.literal("anthropic"),
	input_cost_per_token: z.number().nonnegative(),
	output_cost_per_token: z.number().nonnegative(),
	cache_creation_input_token_cost: dollars,
	cache_creation_input_token_cost_above_1hr: dollars,
	cache_read_input_token_cost: dollars,
	input_cost_per_token_above_200k_tokens: dollars,
	output_cost_per_token_above_200k_tokens: dollars,
	cache_creation_input_token_cost_above_200k_tokens: dollars,
	cache_read_input_token_cost_above_200k_tokens: dollars,
})

/** Undefined when the text is not in LiteLLM's format. It has no prices of fast mode. */
function fromLiteLlm(text: string): PriceFile | undefined {
	const models = jsonObject(text)
	if (models === undefined || "prices" in models) return undefined
	const prices = new Map<string, PriceFile["prices"][number]>()
	for (const [name, value] of Object.entries(models)) {
		const parsed = liteLlmSchema.safeParse(value)
		const { key, fast } = modelNameOf(name)
		if (parsed.success && !fast && !prices.has(key)) prices.set(key, entryOf(key, parsed.data))
	}
	return prices.size > 0 ? { prices: [...prices.values()] } : undefined
}

function jsonObject(text: string): object | undefined {
	try {
		const value: unknown = JSON.parse(text)
		return typeof value === "object" && value !== null ? value : undefined
	} catch {
		return undefined
	}
}

function entryOf(model: string, cost: z.output<typeof liteLlmSchema>): PriceFile["prices"][number] {
	const long = cost.input_cost_per_token_above_200k_tokens
	const longOutput = cost.output_cost_per_token_above_200k_tokens
	return {
		model,
		input: million(cost.input_cost_per_token),
		output: million(cost.output_cost_per_token),
		...optional("cache_write_5m", cost.cache_creation_input_token_cost),
		...optional("cache_write_1h", cost.cache_creation_input_token_cost_above_1hr),
		...optional("cache_read", cost.cache_read_input_token_cost),
		...(long && longOutput
			? {
					above: {
						tokens: 200_000,
						input: million(long),
						output: million(longOutput),
						...optional("cache_write_5m", cost.cache_creation_input_token_cost_above_200k_tokens),
						...optional("cache_read", cost.cache_read_input_token_cost_above_200k_tokens),
					},
				}
			: {}),
	}
}

const optional = <K extends string>(key: K, perToken: number | null | undefined): { [P in K]?: number } =>
	(perToken === null || perToken === undefined ? {} : { [key]: million(perToken) }) as { [P in K]?: number }

/** For a million tokens, without the noise of binary fractions. */
const million = (perToken: number): number => Number((perToken * 1e6).toPrecision(12))
