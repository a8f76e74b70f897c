import { type Endpoint, headersOf } from "../../core/clients/endpoint.ts"
import { exchange, wrongCredential } from "../../core/clients/request.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

/** Grafana's HTTP API. */
export interface Grafana {
	readonly url: string
	/** The response's JSON. @throws ObservatoryError, `not_found` for a status of 404 */
	ask(method: Method, path: string, body?: unknown): Promise<unknown>
}

const TIMEOUT_MS = 30_000

export function createGrafana(endpoint: Endpoint): Grafana {
	const { url } = endpoint
	return {
		url,
		async ask(method, path, body) {
			const { status, body: text } = await exchange(
				"Grafana",
				`${url}${path}`,
				{
					method,
					headers: { ...headersOf(endpoint), accept: "application/json", "content-type": "application/json" },
					...(body === undefined ? {} : { body: JSON.stringify(body) }),
				},
				TIMEOUT_MS,
			)
			// A query's failure comes with results as well: 207, or 400 with a result for each query.
			if (status >= 200 && status < 300) return parse(text)
			throw refusal(status, `${method} ${path}`, text)
		},
	}
}

function refusal(status: number, what: string, text: string): ObservatoryError {
	if (status === 401) return wrongCredential("Grafana")
	const message = `Grafana answered ${status} to ${what}: ${messageIn(text)}`
	if (status === 404) return new ObservatoryError("not_found", message)
	if (status === 403) {
		return new ObservatoryError("forbidden", message, { advice: "Use a token of a service account of role Admin." })
	}
	return new ObservatoryError("source_rejected", message)
}

function messageIn(text: string): string {
	try {
		const { message } = JSON.parse(text) as { message?: unknown }
		return typeof message === "string" ? message : text.slice(0, 300)
	} catch {
		return text.slice(0, 300)
	}
}

function parse(text: string): unknown {
	if (text.trim() === "") return undefined
	try {
		return JSON.parse(text)
	} catch (error) {
		throw new ObservatoryError("source_malformed", "Grafana's response is not JSON", {
			advice: "Is the address Grafana's own, with its sub-path if it has one?",
			cause: error,
		})
	}
}
