import { setTimeout as sleep } from "node:timers/promises"
import { webhookClient } from "../webhook-client.ts"
import type { Random } from "./stories.ts"

/** Asks two replicas that die all the time; the answer's status, once there is one that is not about the server itself. */
export type Ask = (path: string, body?: object) => Promise<number>

/** A person who asks any of several replicas again until one answers, and takes only what is expected for an answer. */
export function asker(urls: readonly string[], random: Random, expected: readonly number[]): Ask {
	return async (path, body) => {
		for (const until = Date.now() + 120_000; Date.now() < until; await sleep(100)) {
			const url = urls[Math.floor(random() * urls.length)] ?? ""
			const signal = AbortSignal.timeout(20_000)
			const status = await webhookClient(url)
				.post(path, body, { signal })
				.then(
					async (response) => {
						await response.arrayBuffer()
						return response.status
					},
					() => undefined,
				)
			if (status === undefined || status >= 500) continue
			if (expected.includes(status)) return status
			throw new Error(`${path} was answered with ${status}`)
		}
		throw new Error(`no replica answered ${path} within two minutes`)
	}
}
