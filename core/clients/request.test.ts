import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { request, requestJson } from "./request.ts"

/** Says nothing at all, or begins to say something and never comes to an end. */
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

/** What becomes of work within two seconds in which garbage is collected again and again. */
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

describe("a request to a server that does not come to an end", () => {
	it.each([
		["answers nothing", async () => request("It", `${url}/silent`, {}, 500)],
		["never ends its answer", async () => requestJson("It", `${url}/endless`, {}, 500)],
		[
			"answers nothing to a request that others may end too",
			async () => request("It", `${url}/silent`, { signal: new AbortController().signal }, 500),
		],
	])("is given up in time when it %s, whatever memory is collected meanwhile", async (_, work) => {
		expect(await outcome(work())).toContain("no complete response within 0.5 s")
	})
})
