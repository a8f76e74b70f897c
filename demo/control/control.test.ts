import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { manualClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { createControlReader } from "./control.ts"

let body = ""
let asked = 0
const server = createServer((req, res) => {
	asked++
	res.writeHead(req.url === "/api/control" && body !== "" ? 200 : 503).end(body)
})
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)))
afterAll(() => new Promise<unknown>((resolve) => server.close(resolve)))

function start() {
	const clock = manualClock(0)
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
	const reader = createControlReader({ url, clock, log: silentLogger, signal: new AbortController().signal })
	return { clock, reader }
}

describe("the control state that alert-webhook reports", () => {
	it("is read at most once a second, by one request for all readers", async () => {
		const { clock, reader } = start()
		body = '{"state":"run"}'
		asked = 0
		expect(await Promise.all([reader.read(), reader.read(), reader.read()])).toEqual(["run", "run", "run"])
		body = '{"state":"pause"}'
		expect(await reader.read()).toBe("run")
		clock.advance(1_000)
		expect(await reader.read()).toBe("pause")
		expect(asked).toBe(2)
	})

	it("keeps its last value for a minute without an answer, and is then unknown", async () => {
		const { clock, reader } = start()
		body = ""
		expect(await reader.read()).toBe("unknown")
		body = '{"state":"run"}'
		clock.advance(1_000)
		expect(await reader.read()).toBe("run")
		body = '{"state":"whatever"}'
		clock.advance(59_999)
		expect(await reader.read()).toBe("run")
		clock.advance(1)
		expect(await reader.read()).toBe("unknown")
	})
})
