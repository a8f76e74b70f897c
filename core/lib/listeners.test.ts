import { spawn } from "node:child_process"
import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { foreignListener, listenerOf, listenersIn } from "./listeners.ts"

it("listenersIn reads only sockets that accept connections", () => {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:238B 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1111 1 0 100 0 0 10 0
   1: 0100007F:D4A2 0100007F:238B 01 00000000:00000000 00:00000000 00000000  1000        0 2222 1 0 20 4 30 10 -1
`
	expect(listenersIn(table)).toEqual([{ port: 9099, uid: 1000, inode: "1111" }])
})

describe.skipIf(process.platform !== "linux")("foreignListener (Linux only)", () => {
	const server = createServer()
	let port: number
	beforeAll(async () => {
		await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
		port = (server.address() as AddressInfo).port
	})
	afterAll(() => void server.close())

	it("names the process that listens, and accepts it as the one that should", async () => {
		expect(await foreignListener(port)).toMatch(` (process ${process.pid})`)
		expect(await listenerOf(port)).toMatch(` (process ${process.pid})`)
		expect(await foreignListener(port, process.pid)).toBeUndefined()
	})

	it("does not accept another process group, but any process of the group", async () => {
		const script = `require("net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port) })`
		// A shell that leads the group, and the program that listens below it.
		const child = spawn("/bin/sh", ["-c", `"${process.execPath}" -e '${script}'; true`], { detached: true })
		try {
			const [line] = (await once(child.stdout, "data")) as [Buffer]
			const leader = child.pid ?? 0
			expect(await foreignListener(Number(line), leader)).toBeUndefined()
			expect(await foreignListener(Number(line), process.pid)).toMatch(/^\S+ \(process \d+\)$/)
			expect(await foreignListener(port, leader)).toMatch(` (process ${process.pid})`)
		} finally {
			process.kill(-(child.pid ?? 0), "SIGKILL")
		}
	})

	it("finds no one on a port on which no one listens", async () => {
		expect(await foreignListener(1)).toBeUndefined()
	})
})
