import { systemClock } from "../core/lib/clock.ts"
import { runMain } from "../core/lib/lifecycle.ts"
import { createLogger } from "../core/lib/log.ts"
import { Telemetry } from "../core/metrics/registry.ts"
import { observeRuntime } from "../core/metrics/runtime.ts"
import { readSettings } from "./settings.ts"
import { makeCollectors } from "./start/collectors.ts"
import { countCrashes } from "./start/crashes.ts"
import { openDatabases } from "./start/databases.ts"
import { preferKnownNames } from "./start/known-names.ts"
import { startOtlp, startProber } from "./start/receivers.ts"
import type { Run } from "./start/run.ts"
import { startWeb } from "./start/web.ts"

await runMain(async (life) => {
	const settings = await readSettings(process.env)
	const log = createLogger("exporters", settings.logLevel)
	const clock = systemClock
	const telemetry = new Telemetry({ clock, log, ownGroup: settings.ownGroup })
	const runtime = observeRuntime({ service: "mcp-observatory-exporters", tracing: settings.tracing })
	telemetry.addRuntime(runtime)
	life.onClose("OpenTelemetry", () => runtime.close())
	const run: Run = { settings, telemetry, clock, log, life }

	const pools = await openDatabases(run)
	const otlp = await startOtlp(run)
	const prober = startProber(run)
	preferKnownNames(run, prober)
	for (const collector of makeCollectors(run, pools, { otlp, prober })) telemetry.collect(collector)
	telemetry.collect(countCrashes(run, pools.own))
	telemetry.start()
	life.onClose("collectors", () => telemetry.stop())

	const web = await startWeb(run)
	log.info({ metrics: `${web.url}/metrics`, otlp: otlp?.url, groups: settings.groups }, "exporters are ready")
})
