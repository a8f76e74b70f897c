import { messageOf, ObservatoryError } from "../lib/errors.ts"
import { withTimeout } from "../lib/timeout.ts"

/** Far more than a hundred thousand alerts. */
const MOST_BYTES = 128 * 1024 * 1024

/** A complete response: its status and its text. */
export interface Answer {
	readonly status: number
	readonly body: string
}

/**
 * One request to a configured address, with a time limit for the whole response. A redirect is a failure; any status
 * is a response.
 *
 * @throws ObservatoryError `source_unreachable`, naming `what`
 */
export async function exchange(
	what: string,
	url: string,
	{ signal, ...init }: RequestInit = {},
	timeoutMs = 10_000,
): Promise<Answer> {
	const message = `no complete response within ${timeoutMs / 1000} s`
	try {
		// Not left to the signals of fetch: Node 20 loses them when it collects garbage, and waits without end.
		return await withTimeout({ ms: timeoutMs, message, signal: signal ?? undefined }, async (end) => {
			const response = await fetch(url, { ...init, redirect: "error", signal: end })
			return { status: response.status, body: await bodyOf(response, end) }
		})
	} catch (error) {
		throw new ObservatoryError("source_unreachable", `${what} cannot be reached: ${messageOf(error)}`, { cause: error })
	}
}

/**
 * The body of a response with a 2xx status.
 *
 * @throws ObservatoryError `source_unreachable` or `source_rejected`, naming `what`
 */
export async function request(...[what, ...rest]: Parameters<typeof exchange>): Promise<string> {
	const { status, body } = await exchange(what, ...rest)
	if (status >= 200 && status < 300) return body
	if (status === 401) throw wrongCredential(what)
	throw new ObservatoryError("source_rejected", `${what} answered ${status}: ${body.slice(0, 300)}`)
}

/** The response's body as JSON, parsed. @throws ObservatoryError as `request` does, or `source_malformed` */
export async function requestJson(...[what, ...rest]: Parameters<typeof exchange>): Promise<unknown> {
	const body = await request(what, ...rest)
	try {
		return JSON.parse(body)
	} catch (error) {
		throw new ObservatoryError("source_malformed", `${what}'s response is not JSON`, { cause: error })
	}
}

/** The error of a response with status 401. */
export const wrongCredential = (what: string): ObservatoryError =>
	new ObservatoryError("source_rejected", `${what} answered 401: it wants another user name, password or token`, {
		advice: "Set its _USER and _PASSWORD_FILE, or its _TOKEN_FILE; SECURITY.md lists every credential.",
	})

/** The text of a response. Once `end` aborts, the reading stops and the connection is closed. */
async function bodyOf({ body }: Response, end: AbortSignal): Promise<string> {
	if (body === null) return ""
	const reader = body.getReader()
	const cancel = () => void reader.cancel().catch(() => undefined)
	end.addEventListener("abort", cancel, { once: true })
	const decoder = new TextDecoder()
	let text = ""
	for (;;) {
		const { done, value } = await reader.read()
		if (done) return text + decoder.decode()
		text += decoder.decode(value, { stream: true })
		if (text.length <= MOST_BYTES) continue
		cancel()
		throw new Error("its response is too long")
	}
}
