import { systemClock } from "../core/lib/clock.ts"
import { runMain } from "../core/lib/lifecycle.ts"
import { createLogger } from "../core/lib/log.ts"
import { MetricRegistry } from "../core/metrics/registry.ts"
import { observeRuntime } from "../core/metrics/runtime.ts"
import { readSettings } from "./settings.ts"
import { fromLog } from "./sources/states/from-log.ts"
import { StateTracker } from "./sources/states/tracker.ts"
import { UsageRecorder } from "./sources/usage/recorder.ts"
import type { ExporterContext } from "./start/context.ts"
import { countCrashes } from "./start/crashes.ts"
import { createCollectors } from "./start/create-collectors.ts"
import { openDatabases } from "./start/databases.ts"
import { preferKnownNames } from "./start/known-names.ts"
import { startProber } from "./start/mcp.ts"
import { startOtlp } from "./start/otlp.ts"
import { startWeb } from "./start/web.ts"

await runMain(async (lifecycle) => {
	const settings = await readSettings(process.env)
	const log = createLogger("exporters", settings.logLevel)
	const clock = systemClock
	const telemetry = new MetricRegistry({ clock, log, ownGroup: settings.ownGroup })
	const runtime = observeRuntime({ service: "mcp-observatory-exporters", tracing: settings.tracing })
	telemetry.addRuntime(runtime)
	lifecycle.onClose("OpenTelemetry", () => runtime.close())
	const context: ExporterContext = { settings, telemetry, clock, log, lifecycle }

	const pools = await openDatabases(context)
	const usage = new UsageRecorder(clock)
	const states = new StateTracker(() => clock.now())
	const otlp = await startOtlp(context, usage.add, (record) => {
		for (const event of fromLog(record, clock.now())) states.add(event)
	})
	const prober = startProber(context)
	preferKnownNames(context, prober)
	for (const collector of createCollectors(context, pools, { otlp, prober, usage, states }))
		telemetry.collect(collector)
	telemetry.collect(countCrashes(context, lifecycle, pools.own))
	telemetry.start()
	lifecycle.onClose("collectors", () => telemetry.stop())

	const web = await startWeb(context)
	log.info(
		{ metrics: `${web.url}/metrics`, otlp: otlp?.url, otlpGrpc: otlp?.grpc?.url, groups: settings.groups },
		"exporters are ready",
	)
})
