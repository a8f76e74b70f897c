import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { request, requestJson } from "./request.ts"

/** Sends no response, or one without an end. */
const server = createServer((req, res) => {
	if (req.url === "/endless") res.write("[")
})
let url: string
beforeAll(async () => {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
	server.closeAllConnections()
	server.close()
})

/** The outcome of work within two seconds, during repeated garbage collections. */
async function outcome(work: Promise<unknown>): Promise<unknown> {
	setFlagsFromString("--expose-gc")
	const collect = runInNewContext("gc") as () => void
	let ended: unknown = "still waiting"
	work.then(
		() => {
			ended = "answered"
		},
		(error: Error) => {
			ended = error.message
		},
	)
	for (let i = 0; i < 20 && ended === "still waiting"; i++) {
		await sleep(100)
		collect()
	}
	return ended
}

describe("a request to a server that hangs", () => {
	it.each([
		["sends nothing", async () => request("It", `${url}/silent`, {}, 500)],
		["never ends its response", async () => requestJson("It", `${url}/endless`, {}, 500)],
		[
			"sends nothing to a request with another abort signal",
			async () => request("It", `${url}/silent`, { signal: new AbortController().signal }, 500),
		],
	])("is aborted in time when it %s, also under garbage collection", async (_, work) => {
		expect(await outcome(work())).toContain("no complete response within 0.5 s")
	})
})
