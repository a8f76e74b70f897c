import { once } from "node:events"
import type { AddressInfo } from "node:net"
import express from "express"
import { webhookEnvironment } from "../../../alert-webhook/config.ts"
import { startWebhook } from "../../../alert-webhook/server.ts"
import { loadConfig } from "../../../core/lib/config.ts"
import { runMain } from "../../../core/lib/lifecycle.ts"
import { createLogger } from "../../../core/lib/log.ts"

/**
 * The measured process, as the benchmark forks it: alert-webhook as it ships when DATABASE_URL is set, otherwise an
 * express endpoint that parses the same body and answers. Reports to its parent where it listens,
 * and whenever it is asked the seconds of CPU that it has used.
 */
await runMain(async (life) => {
	process.on("message", () => {
		const { user, system } = process.cpuUsage()
		process.send?.((user + system) / 1e6)
	})
	if (process.env.DATABASE_URL) {
		const config = loadConfig(webhookEnvironment, process.env)
		const { url } = await startWebhook({ config, version: "0.0.0", log: createLogger("bench", config.LOG_LEVEL), life })
		process.send?.(url)
		return
	}
	const app = express()
	app.post("/api/alertmanager", express.json({ limit: "8mb" }), (_, res) => void res.json({ status: "stored" }))
	const server = app.listen(0, "127.0.0.1")
	await once(server, "listening")
	life.onClose("the endpoint", () => server.closeAllConnections())
	process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
