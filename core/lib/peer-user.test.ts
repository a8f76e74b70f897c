import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { describe, expect, it } from "vitest"
import { ownerIn, peerUser } from "./peer-user.ts"

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:238B 0100007F:D4A2 01 00000000:00000000 00:00000000 00000000     0        0 1111 1 0 20 4 30 10 -1
   1: 0100007F:D4A2 0100007F:238B 01 00000000:00000000 00:00000000 00000000  1000        0 2222 1 0 20 4 30 10 -1
   2: 0200007F:D4A2 0100007F:238B 01 00000000:00000000 00:00000000 00000000  1001        0 3333 1 0 20 4 30 10 -1
   3: 0100007F:D4A3 0100007F:238B 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1
`
const TCP6 = `  sl  local_address                         remote_address                        st
   0: 00000000000000000000000001000000:D4A4 00000000000000000000000001000000:238B 01 00000000:00000000 00:00000000 00000000  1002        0 4444 1
   1: 0000000000000000FFFF00000100007F:D4A5 0000000000000000FFFF00000100007F:238B 01 00000000:00000000 00:00000000 00000000  1003        0 5555 1
`

describe("ownerIn", () => {
	const ends = (address: string, port: number, server = address) => ({
		localAddress: address,
		localPort: port,
		remoteAddress: server,
		remotePort: 9099,
	})

	it("finds the user of the peer's own socket", () => {
		expect(ownerIn(TCP, ends("127.0.0.1", 54_434))).toBe(1000)
		expect(ownerIn(TCP, ends("127.0.0.2", 54_434, "127.0.0.1"))).toBe(1001)
		expect(ownerIn(TCP6, ends("::1", 54_436))).toBe(1002)
	})

	it("knows an IPv4 address that is mapped into IPv6, at either end", () => {
		expect(ownerIn(TCP, ends("::ffff:127.0.0.1", 54_434))).toBe(1000)
		expect(ownerIn(TCP6, ends("127.0.0.1", 54_437))).toBe(1003)
	})

	it("does not believe an entry whose process has gone: the kernel names root there", () => {
		expect(ownerIn(TCP, ends("127.0.0.1", 54_435))).toBeUndefined()
		expect(ownerIn(TCP, ends("127.0.0.1", 1))).toBeUndefined()
	})
})

describe.skipIf(process.platform !== "linux")("peerUser (Linux only)", () => {
	it.each(["127.0.0.1", "::1"])("is this process's user for a connection of its own over %s", async (host) => {
		const server = createServer()
		await new Promise<void>((done) => server.listen(0, host, done))
		const client = connect({ host, port: (server.address() as AddressInfo).port })
		const [accepted] = (await once(server, "connection")) as [Socket]
		expect(await peerUser(accepted)).toBe(process.getuid?.())
		client.destroy()
		server.close()
	})
})
