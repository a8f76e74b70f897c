import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, it, onTestFinished } from "vitest"
import { listen } from "../../../core/lib/http.ts"
import { examineListener, type Listener } from "./listeners.ts"

const TOKEN = "a-token-of-sixteen-or-more"

function listenerAt(port: number, change: Partial<Listener> = {}): Listener {
	return {
		title: "A listener",
		variable: "A_LISTEN",
		address: { host: "127.0.0.1", port },
		question: { path: "/metrics" },
		credential: `Bearer ${TOKEN}`,
		asksFor: "A_TOKEN",
		fix: "Set A_TOKEN_FILE.",
		open: "high",
		checksOrigin: true,
		...change,
	}
}

/** A server of others, with any behaviour. */
async function foreign(answer: (headers: NodeJS.Dict<string | string[]>) => [number, Record<string, string>?]) {
	const server = createServer((req, res) => {
		const [status, headers] = answer(req.headers)
		res.writeHead(status, headers).end("{}")
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	onTestFinished(() => void server.close())
	return (server.address() as AddressInfo).port
}

async function ours(door: Parameters<typeof listen>[3]) {
	const server = await listen((_req, res) => void res.end("ok"), { host: "127.0.0.1", port: 0 }, "A_LISTEN", door)
	onTestFinished(() => server.close())
	return server.port
}

const severe = async (listener: Listener) =>
	(await examineListener(listener))
		.filter(({ severity }) => severity !== "ok")
		.map(({ severity, what }) => [severity, what])

describe("examineListener", () => {
	it("finds nothing wrong with a listener of ours that has a token", async () => {
		const port = await ours({ token: TOKEN })
		expect(await severe(listenerAt(port))).toEqual([])
	})

	it("finds a listener without a token, as severe as its kind, and high beyond loopback", async () => {
		const port = await ours({})
		const text = expect.stringContaining("answers every caller")
		expect(await severe(listenerAt(port))).toEqual([["high", text]])
		expect(await severe(listenerAt(port, { open: "medium" }))).toEqual([["medium", text]])
		const everywhere = { host: "0.0.0.0", port }
		expect(await severe(listenerAt(port, { open: "medium", address: everywhere }))).toEqual([
			["medium", expect.stringContaining("reachable from other machines")],
			["high", text],
		])
	})

	it("says that a listener of ours which another token opens was not checked as a whole", async () => {
		const port = await ours({ token: "another-token-of-sixteen" })
		expect(await severe(listenerAt(port))).toEqual([["low", expect.stringContaining("refuses the credential")]])
	})

	it("finds a door that opens for any key", async () => {
		const port = await foreign(({ authorization }) => [authorization === undefined ? 401 : 200])
		const found = await severe(listenerAt(port, { checksOrigin: false }))
		expect(found[0]).toEqual(["high", expect.stringContaining("everyone can guess")])
	})

	it("finds a well-known password", async () => {
		const wellKnown = `Basic ${Buffer.from("admin:admin").toString("base64")}`
		const port = await foreign(({ authorization }) => [authorization === wellKnown ? 200 : 401])
		expect(await severe(listenerAt(port, { checksOrigin: false, credential: undefined, wellKnown }))).toEqual([
			["high", expect.stringContaining("everyone can guess")],
		])
	})

	it("finds answers to pages and names of other sites", async () => {
		const port = await foreign(({ authorization }) => [authorization === `Bearer ${TOKEN}` ? 200 : 401])
		expect(await severe(listenerAt(port))).toEqual([
			["high", expect.stringContaining("answers requests from pages of other sites")],
			["high", expect.stringContaining("answers to names of other sites")],
		])
	})

	it("finds an open listener whose answers every page may read", async () => {
		const port = await foreign(() => [200, { "access-control-allow-origin": "*" }])
		expect(await severe(listenerAt(port, { checksOrigin: false, credential: undefined }))).toEqual([
			["high", expect.stringContaining("answers every caller")],
			["high", expect.stringContaining("pages of every site read")],
		])
	})

	it("says that nothing listens", async () => {
		const port = await foreign(() => [200])
		const gone = createServer()
		await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve))
		const free = (gone.address() as AddressInfo).port
		await new Promise((resolve) => gone.close(resolve))
		expect(free).not.toBe(port)
		expect(await examineListener(listenerAt(free))).toEqual([
			{ severity: "ok", what: expect.stringContaining("nothing listens") },
		])
	})
})
