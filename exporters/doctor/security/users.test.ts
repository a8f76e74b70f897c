import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { expect, it, onTestFinished } from "vitest"
import { examineServerUsers } from "./users.ts"

it.skipIf(process.platform !== "linux")("says as which user a server listens, and that root is too much", async () => {
	const server = createServer()
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	onTestFinished(() => void server.close())
	const { port } = server.address() as AddressInfo
	const at = (port: number) => ({ host: "127.0.0.1", port })
	// Nothing listens on port 1.
	const addresses = {
		PROMETHEUS_LISTEN: at(port),
		ALERTMANAGER_LISTEN: at(1),
		GRAFANA_LISTEN: at(1),
		POSTGRES_LISTEN: at(1),
	}
	const found = await examineServerUsers({ config: addresses } as Parameters<typeof examineServerUsers>[0])
	const uid = process.getuid?.()
	expect(found).toMatchObject(
		uid === 0
			? [{ severity: "medium", what: `Prometheus at port ${port} runs as root` }]
			: [{ severity: "ok", what: `Prometheus at port ${port} runs as user ${uid}, not as root` }],
	)
})
