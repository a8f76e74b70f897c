import { request } from "node:http"
import type { ListenAddress } from "../../../core/lib/config.ts"

export interface Question {
	readonly method?: "GET" | "POST"
	readonly path: string
	readonly headers?: Readonly<Record<string, string>>
	readonly body?: string
}

export interface Reply {
	readonly status: number
	readonly headers: Readonly<Record<string, string | string[] | undefined>>
	readonly body: string
}

const PATIENCE_MS = 5_000
const MOST_BYTES = 1_000_000

/** Where a client on this machine reaches a listener; the address of every interface is asked on loopback. */
export function clientAddress({ host, port }: ListenAddress): ListenAddress {
	if (host === "0.0.0.0") return { host: "127.0.0.1", port }
	return { host: host === "::" ? "::1" : host, port }
}

/** `host:port` as a URL has it. */
export const authorityOf = ({ host, port }: ListenAddress): string =>
	`${host.includes(":") ? `[${host}]` : host}:${port}`

/**
 * One request, with any Host header, which fetch does not allow. Resolves with undefined when nothing listens there, and
 * rejects when what listens does not answer in HTTP.
 */
export function ask(address: ListenAddress, question: Question): Promise<Reply | undefined> {
	const { host, port } = clientAddress(address)
	return new Promise((resolve, reject) => {
		const options = {
			host,
			port,
			path: question.path,
			method: question.method ?? "GET",
			headers: { host: authorityOf({ host, port }), connection: "close", ...question.headers },
			signal: AbortSignal.timeout(PATIENCE_MS),
		}
		const outgoing = request(options, (incoming) => {
			let body = ""
			incoming.setEncoding("utf8")
			incoming.on("data", (chunk: string) => {
				if (body.length < MOST_BYTES) body += chunk
			})
			incoming.once("error", reject)
			incoming.once("end", () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }))
		})
		outgoing.once("error", (error: NodeJS.ErrnoException) =>
			error.code === "ECONNREFUSED" ? resolve(undefined) : reject(error),
		)
		outgoing.end(question.body)
	})
}
