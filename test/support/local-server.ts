import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

export interface LocalServer {
	readonly url: string
	close(): Promise<void>
}

/** A server of the test's own, for what is outside. What its handler throws becomes a 500. */
export async function serve(
	handle: (req: IncomingMessage, res: ServerResponse) => Promise<void> | void,
): Promise<LocalServer> {
	const server = createServer((req, res) => {
		Promise.resolve(handle(req, res)).catch(() => (res.headersSent ? res.destroy() : res.writeHead(500).end()))
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve())
				server.closeAllConnections()
			}),
	}
}
