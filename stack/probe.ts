import { connect } from "node:net"
import type { ListenAddress } from "../core/lib/config.ts"
import { messageOf, ObservatoryError } from "../core/lib/errors.ts"

/** Requests `url` and accepts any 2xx answer. */
export async function probeHttp(url: string, signal: AbortSignal, authorization?: string): Promise<void> {
	const headers = { connection: "close", ...(authorization === undefined ? {} : { authorization }) }
	const response = await fetch(url, { signal, headers }).catch((error: unknown) => {
		throw new ObservatoryError("source_unreachable", `${url} does not answer: ${messageOf(error)}`)
	})
	const body = await response.text()
	if (!response.ok)
		throw new ObservatoryError("unavailable", `${url} answers ${response.status}: ${body.trim().slice(0, 200)}`)
}

/** Whether something accepts connections there. */
export function accepts({ host, port }: ListenAddress): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ host: host === "0.0.0.0" ? "127.0.0.1" : host, port, timeout: 1_000 })
		const answer = (accepted: boolean) => {
			socket.destroy()
			resolve(accepted)
		}
		socket.once("connect", () => answer(true))
		socket.once("timeout", () => answer(false))
		socket.once("error", () => answer(false))
	})
}
