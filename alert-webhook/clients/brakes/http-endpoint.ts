import { readFileSync } from "node:fs"
import { request, requestJson } from "../../../core/clients/request.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Brake } from "./brake.ts"

export interface HttpEndpointOptions {
	readonly url: string
	readonly tokenFile?: string | undefined
}

const TIMEOUT_MS = 3_000

/**
 * An endpoint of the user's own: GET answers `{"limit": …}`, PUT with the same body sets it. 0 permits no model call;
 * any other value is the user's and is restored as it was.
 */
export function httpBrake(name: string, { url, tokenFile }: HttpEndpointOptions): Brake {
	const what = `The brake's endpoint ${url}`
	const headers = () => ({
		"content-type": "application/json",
		...(tokenFile !== undefined && { authorization: `Bearer ${readFileSync(tokenFile, "utf8").trim()}` }),
	})
	return {
		name,
		place: `the limit at ${url}`,
		closed: { amount: 0 },
		async read(signal) {
			const body = await requestJson(what, url, { headers: headers(), signal }, TIMEOUT_MS)
			if (typeof body === "object" && body !== null && "limit" in body) return { amount: body.limit }
			throw new ObservatoryError("source_malformed", `${what} answered without a limit`)
		},
		async write(limit, signal) {
			const body = JSON.stringify({ limit: limit.absent ? null : limit.amount })
			await request(what, url, { method: "PUT", headers: headers(), body, signal }, TIMEOUT_MS)
		},
	}
}
