import { json } from "node:stream/consumers"
import { isDeepStrictEqual } from "node:util"
import { serve } from "./local-server.ts"

interface SpendLimit {
	readonly type: "spend_limit"
	readonly id: string
	readonly amount: string | null
	readonly currency: "USD"
	readonly is_enabled: boolean
	readonly period: string
	readonly scope: { readonly type: string }
}

/** What it does in place of its work: a status, no answer, or an answer of 200 without an effect. */
type Fault = 401 | 409 | 429 | 500 | "slow" | "lies"

export interface SpendLimitsApi {
	readonly url: string
	fault: Fault | undefined
	limits: readonly SpendLimit[]
	/** The amounts in the order in which they were set; undefined for a deletion. */
	readonly changes: readonly (string | null | undefined)[]
	close(): Promise<void>
}

export const ADMIN_KEY = "sk-ant-admin01-made-up"

export const limitOf = (amount: string | null, period = "monthly", scope = { type: "organization" }): SpendLimit => ({
	type: "spend_limit",
	id: `spl_${scope.type}_${period}`,
	amount,
	currency: "USD",
	is_enabled: true,
	period,
	scope,
})

const ERRORS = {
	401: ["authentication_error", "invalid x-api-key"],
	409: ["invalid_request_error", "another change is in progress"],
	429: ["rate_limit_error", "60 requests per minute"],
	500: ["api_error", "internal server error"],
} as const

/** `/v1/organizations/spend_limits` of the Admin API, as its documentation describes it: upsert by scope and period. */
export async function startSpendLimitsApi(
	initial: readonly SpendLimit[] = [limitOf("50000")],
): Promise<SpendLimitsApi> {
	const changes: (string | null | undefined)[] = []
	const server = await serve(async (req, res) => {
		const send = (status: number, body: object) =>
			void res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
		const fail = (status: keyof typeof ERRORS) => {
			const [type, message] = ERRORS[status]
			send(status, { type: "error", error: { type, message }, request_id: "req_1" })
		}
		const { fault } = api
		if (fault === "slow") return
		if (req.headers["x-api-key"] !== ADMIN_KEY) return fail(401)
		const { pathname, searchParams } = new URL(req.url ?? "/", "http://api")
		const [, id] = /^\/v1\/organizations\/spend_limits(?:\/([^/]+))?$/.exec(pathname) ?? [undefined, "none"]
		if (req.method === "GET" && id === undefined) {
			if (fault === 401 || fault === 500) return fail(fault)
			// One a page, so that a reader that looks at the first page alone finds nothing.
			const at = Number(searchParams.get("page") ?? 0)
			return send(200, {
				data: api.limits.slice(at, at + 1),
				next_page: at + 1 < api.limits.length ? `${at + 1}` : null,
			})
		}
		if (typeof fault === "number") return fail(fault)
		if (req.method === "POST" && id === undefined) {
			const { scope, amount, period } = (await json(req)) as SpendLimit
			const made = limitOf(amount, period, scope)
			if (fault === "lies") return send(200, made)
			changes.push(amount)
			const others = api.limits.filter((one) => one.period !== period || !isDeepStrictEqual(one.scope, scope))
			api.limits = [...others, made]
			return send(200, made)
		}
		if (req.method === "DELETE" && api.limits.some((one) => one.id === id)) {
			if (fault !== "lies") {
				changes.push(undefined)
				api.limits = api.limits.filter((one) => one.id !== id)
			}
			return send(200, { id, type: "spend_limit_deleted" })
		}
		send(404, { type: "error", error: { type: "not_found_error", message: "not found" }, request_id: "req_1" })
	})
	const api: SpendLimitsApi = { url: server.url, fault: undefined, limits: initial, changes, close: server.close }
	return api
}
