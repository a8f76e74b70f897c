import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"

/**
 * One request to a configured address: bounded in time, never led elsewhere by a redirect.
 *
 * @throws ObservatoryError `source_unreachable` or `source_rejected`, naming `what`
 */
export async function request(
	what: string,
	url: string,
	init: RequestInit = {},
	timeoutMs = 10_000,
): Promise<Response> {
	let response: Response
	try {
		const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(init.signal ? [init.signal] : [])])
		response = await fetch(url, { ...init, redirect: "error", signal })
	} catch (error) {
		throw new ObservatoryError("source_unreachable", `${what} cannot be reached: ${messageOf(error)}`, { cause: error })
	}
	if (!response.ok) {
		const body = (await response.text().catch(() => "")).slice(0, 300)
		throw new ObservatoryError("source_rejected", `${what} answered ${response.status}: ${body}`)
	}
	return response
}
