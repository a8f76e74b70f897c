import { z } from "zod"
import { ObservatoryError } from "../../../core/lib/errors.ts"

/** Most pages of a report that are read; each has up to 168 hours. */
const MOST_PAGES = 20

const count = z.number().nonnegative().nullish()

const usagePage = z.object({
	data: z.array(
		z.object({
			starting_at: z.iso.datetime({ offset: true }),
			results: z.array(
				z.object({
					uncached_input_tokens: count,
					cache_read_input_tokens: count,
					cache_creation: z.object({ ephemeral_1h_input_tokens: count, ephemeral_5m_input_tokens: count }).nullish(),
					output_tokens: count,
				}),
			),
		}),
	),
	has_more: z.boolean(),
	next_page: z.string().nullish(),
})

const costPage = z.object({
	data: z.array(z.object({ results: z.array(z.object({ amount: z.string(), currency: z.string() })) })),
	has_more: z.boolean(),
	next_page: z.string().nullish(),
})

export interface AdminApiOptions {
	/** An admin key of the organisation. */
	readonly key: string
	readonly apiUrl: string
}

/**
 * The usage and cost reports of an Anthropic organisation.
 * https://platform.claude.com/docs/en/build-with-claude/usage-cost-api
 */
export class AdminApi {
	readonly #options: AdminApiOptions

	constructor(options: AdminApiOptions) {
		this.#options = options
	}

	/** Tokens of all types, by the start of each hour in milliseconds. */
	async tokensByHour(from: Date, to: Date, signal: AbortSignal): Promise<Map<number, number>> {
		const query = { starting_at: from.toISOString(), ending_at: to.toISOString(), bucket_width: "1h", limit: "168" }
		const hours = new Map<number, number>()
		for await (const page of this.#pages("usage_report/messages", query, usagePage, signal))
			for (const { starting_at, results } of page.data) {
				const hour = Date.parse(starting_at)
				for (const result of results) hours.set(hour, (hours.get(hour) ?? 0) + tokensOf(result))
			}
		return hours
	}

	/** US dollars of the days that start in the range. */
	async cost(from: Date, to: Date, signal: AbortSignal): Promise<number> {
		const query = { starting_at: from.toISOString(), ending_at: to.toISOString(), bucket_width: "1d", limit: "31" }
		let cents = 0
		for await (const page of this.#pages("cost_report", query, costPage, signal))
			for (const { amount, currency } of page.data.flatMap(({ results }) => results)) {
				const value = Number(amount)
				if (currency === "USD" && Number.isFinite(value)) cents += value
			}
		return cents / 100
	}

	async *#pages<T extends { has_more: boolean; next_page?: string | null | undefined }>(
		report: string,
		query: Record<string, string>,
		schema: z.ZodType<T>,
		signal: AbortSignal,
	): AsyncGenerator<T> {
		let next: string | undefined
		for (let number = 0; number < MOST_PAGES; number++) {
			const page = schema.safeParse(await this.#get(report, { ...query, ...(next ? { page: next } : {}) }, signal))
			if (!page.success)
				throw new ObservatoryError(
					"source_malformed",
					"Anthropic's Admin API answered with something else than a report",
				)
			yield page.data
			if (!page.data.has_more || !page.data.next_page) return
			next = page.data.next_page
		}
		throw new ObservatoryError("source_malformed", "Anthropic's Admin API answers with a report that does not end")
	}

	async #get(report: string, query: Record<string, string>, signal: AbortSignal): Promise<unknown> {
		const url = new URL(`/v1/organizations/${report}`, this.#options.apiUrl)
		for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
		const headers = { "x-api-key": this.#options.key, "anthropic-version": "2023-06-01" }
		let response: Response
		try {
			response = await fetch(url, { headers, signal, redirect: "error" })
		} catch (error) {
			throw new ObservatoryError("source_unreachable", "Anthropic's Admin API did not answer", { cause: error })
		}
		if (response.ok) return response.json().catch(() => undefined)
		await response.body?.cancel()
		if (response.status === 429)
			throw new ObservatoryError("rate_limited", "Anthropic's Admin API asks for a pause; the report is read later")
		if (response.status === 401 || response.status === 403)
			throw new ObservatoryError("source_rejected", "Anthropic refused the admin key", {
				advice:
					"ANTHROPIC_ADMIN_KEY needs an admin key (sk-ant-admin…) of the organisation, which Console settings make.",
			})
		throw new ObservatoryError("source_unreachable", `Anthropic's Admin API answered with status ${response.status}`)
	}
}

type UsageResult = z.output<typeof usagePage>["data"][number]["results"][number]

const tokensOf = (result: UsageResult): number =>
	(result.uncached_input_tokens ?? 0) +
	(result.cache_read_input_tokens ?? 0) +
	(result.cache_creation?.ephemeral_1h_input_tokens ?? 0) +
	(result.cache_creation?.ephemeral_5m_input_tokens ?? 0) +
	(result.output_tokens ?? 0)
