/** The program that is fuzzed: the OTLP receiver and the scrape pages of the exporters, on ports of their own. */
import { httpRequestDuration } from "../../core/catalogue/subjects/observatory.ts"
import { systemClock } from "../../core/lib/clock.ts"
import { listen } from "../../core/lib/http.ts"
import { runMain } from "../../core/lib/lifecycle.ts"
import { createLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { createApp } from "../../exporters/app.ts"
import { createOtlpReceiver } from "../../exporters/sources/otlp/receiver.ts"

const ANY_PORT = { host: "127.0.0.1", port: 0 }

await runMain(async (life) => {
	const log = createLogger("fuzzed", "error")
	const telemetry = new MetricRegistry({ ownGroup: "health" })
	const receiver = await createOtlpReceiver({ telemetry, listen: ANY_PORT, log, clock: systemClock, zeroHoldMs: 0 })
	life.onClose("receiver", () => receiver.close())
	const app = createApp({ telemetry, requests: telemetry.histogram(httpRequestDuration), log })
	const web = await listen(app, ANY_PORT, "EXPORTERS_LISTEN")
	life.onClose("web server", () => web.close())
	process.send?.({ otlp: receiver.url, metrics: web.url })
})
