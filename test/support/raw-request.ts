import { type IncomingHttpHeaders, request } from "node:http"

export interface RawRequest {
	readonly method: string
	/** Sent as it is, without being tidied up as `fetch` would. */
	readonly path: string
	readonly headers?: Readonly<Record<string, string>>
	readonly body?: string | Buffer
}

export interface RawAnswer {
	readonly status: number
	readonly headers: IncomingHttpHeaders
	/** Empty for a stream of events, which is left as soon as it has started. */
	readonly body: string
}

/** One request on a connection of its own, redirects not followed. Rejects after 10 s. */
export function sendRaw(base: string, { method, path, headers = {}, body }: RawRequest): Promise<RawAnswer> {
	const { hostname, port } = new URL(base)
	return new Promise((resolve, reject) => {
		const signal = AbortSignal.timeout(10_000)
		const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }
		const sent = request(
			{ host: hostname, port, method, path, headers: { ...headers, ...length }, agent: false, signal },
			(res) => {
				const answer = (text: string) => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text })
				if (res.headers["content-type"]?.startsWith("text/event-stream")) {
					answer("")
					sent.destroy()
					return
				}
				const chunks: Buffer[] = []
				res.on("data", (chunk: Buffer) => chunks.push(chunk))
				res.once("end", () => answer(Buffer.concat(chunks).toString("utf8")))
				res.once("error", reject)
			},
		)
		sent.once("error", reject)
		sent.end(body)
	})
}
