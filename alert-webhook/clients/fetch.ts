import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { withTimeout } from "../../core/lib/timeout.ts"

/** More than a hundred thousand alerts need. A longer response is rejected. */
const MOST_BYTES = 128 * 1024 * 1024

/**
 * One request to a configured address, with a time limit for the whole response and without redirects. Returns the
 * response's body.
 *
 * @throws ObservatoryError `source_unreachable`, `source_rejected` or `source_malformed`, naming `what`
 */
export async function request(
	what: string,
	url: string,
	{ signal, ...init }: RequestInit = {},
	timeoutMs = 10_000,
): Promise<string> {
	const message = `no complete response within ${timeoutMs / 1000} s`
	let answer: { response: Response; body: string }
	try {
		// Not by signals: Node 20 loses those of fetch when it collects garbage, and then waits without end.
		answer = await withTimeout({ ms: timeoutMs, message, signal: signal ?? undefined }, async (ended) => {
			const response = await fetch(url, { ...init, redirect: "error", signal: ended })
			return { response, body: await bodyOf(response, ended) }
		})
	} catch (error) {
		throw new ObservatoryError("source_unreachable", `${what} cannot be reached: ${messageOf(error)}`, { cause: error })
	}
	const { response, body } = answer
	if (!response.ok)
		throw new ObservatoryError("source_rejected", `${what} answered ${response.status}: ${body.slice(0, 300)}`)
	return body
}

/** The same for JSON, parsed. */
export async function requestJson(...[what, ...asked]: Parameters<typeof request>): Promise<unknown> {
	const body = await request(what, ...asked)
	try {
		return JSON.parse(body)
	} catch (error) {
		throw new ObservatoryError("source_malformed", `${what}'s answer is not JSON`, { cause: error })
	}
}

/** The text of a response. Once `ended` aborts, reading stops and the connection is closed. */
async function bodyOf({ body }: Response, ended: AbortSignal): Promise<string> {
	if (body === null) return ""
	const reader = body.getReader()
	const end = () => void reader.cancel().catch(() => undefined)
	ended.addEventListener("abort", end, { once: true })
	const decoder = new TextDecoder()
	let text = ""
	for (;;) {
		const { done, value } = await reader.read()
		if (done) return text + decoder.decode()
		text += decoder.decode(value, { stream: true })
		if (text.length <= MOST_BYTES) continue
		end()
		throw new Error("its response is too long")
	}
}
