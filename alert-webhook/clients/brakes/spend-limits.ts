import { readFileSync } from "node:fs"
import { isDeepStrictEqual } from "node:util"
import { z } from "zod"
import { request, requestJson } from "../../../core/clients/request.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Brake, Limit } from "./brake.ts"

const limit = z.object({
	id: z.string(),
	amount: z.string().nullable(),
	period: z.string(),
	scope: z.record(z.string(), z.unknown()),
	is_enabled: z.boolean().optional(),
})
const page = z.object({ data: z.array(limit), next_page: z.string().nullish() })

export interface SpendLimitsOptions {
	/** The API's address, such as https://api.anthropic.com, or a gateway with the same API. */
	readonly url: string
	/** The file of the admin key. */
	readonly keyFile: string
	/** As the API describes it, such as `{type: organization}`. */
	readonly scope: Readonly<Record<string, unknown>>
	readonly period: string
}

/** Reads may not be waited for at length: a stop reports what does not follow. */
const TIMEOUT_MS = 3_000
const MOST_PAGES = 20

/** One limit of an organisation's spend limits API (`/v1/organizations/spend_limits`), keyed by scope and period. */
export function spendLimitBrake(name: string, { url, keyFile, scope, period }: SpendLimitsOptions): Brake {
	const address = `${url}/v1/organizations/spend_limits`
	const what = `The spend limits API at ${url}`
	const headers = () => ({
		"x-api-key": readFileSync(keyFile, "utf8").trim(),
		"anthropic-version": "2023-06-01",
		"anthropic-beta": "spend-limit-reads-2026-09-26",
		"content-type": "application/json",
	})

	async function find(signal: AbortSignal) {
		let next: string | undefined
		for (let pages = 0; pages < MOST_PAGES; pages++) {
			const query = next === undefined ? "" : `?page=${encodeURIComponent(next)}`
			const body = await requestJson(what, `${address}${query}`, { headers: headers(), signal }, TIMEOUT_MS)
			const parsed = page.safeParse(body)
			if (!parsed.success)
				throw new ObservatoryError("source_malformed", `${what} answered with something else than spend limits`)
			const found = parsed.data.data.find((one) => one.period === period && isDeepStrictEqual(one.scope, scope))
			if (found) return found
			next = parsed.data.next_page ?? undefined
			if (next === undefined) return undefined
		}
		throw new ObservatoryError("source_malformed", `${what} has more than ${MOST_PAGES} pages of limits`)
	}

	return {
		name,
		place: `the ${period} spend limit of ${JSON.stringify(scope)} at ${url}`,
		closed: { amount: "0" },
		async read(signal) {
			const found = await find(signal)
			if (found?.amount === "0" && found.is_enabled === false)
				throw new ObservatoryError("conflict", `${what} has the limit, but does not enforce it: is_enabled is false`, {
					advice: "Switch extra usage on in the organisation's billing settings.",
				})
			return found === undefined ? { absent: true } : { amount: found.amount }
		},
		async write(wanted: Limit, signal) {
			if (wanted.absent) {
				const found = await find(signal)
				if (found === undefined) return
				const one = `${address}/${encodeURIComponent(found.id)}`
				await request(what, one, { method: "DELETE", headers: headers(), signal }, TIMEOUT_MS)
				return
			}
			const body = JSON.stringify({ scope, period, amount: wanted.amount })
			await request(what, address, { method: "POST", headers: headers(), body, signal }, TIMEOUT_MS)
		},
	}
}
