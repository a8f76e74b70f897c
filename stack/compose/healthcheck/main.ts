import { loadConfig } from "../../../core/lib/config.ts"
import { explain } from "../../../core/lib/errors.ts"
import { probeHttp } from "../../probe.ts"
import { authority } from "../../settings.ts"
import { healthcheckSchema } from "./settings.ts"

// The image's health check: probes the program in the same container. Exit code 0 means healthy.
try {
	const { EXPORTERS_LISTEN, WEBHOOK_LISTEN } = loadConfig(healthcheckSchema, process.env)
	const address = process.argv[2] === "webhook" ? WEBHOOK_LISTEN : EXPORTERS_LISTEN
	await probeHttp(`http://${authority(address)}/healthz`, AbortSignal.timeout(4_000))
} catch (error) {
	process.stderr.write(`${explain(error)}\n`)
	process.exitCode = 1
}
