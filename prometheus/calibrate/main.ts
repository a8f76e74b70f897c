/** `npm run calibrate`: what alerts.yaml would have done over the history that a Prometheus has, and what to change. */
import path from "node:path"
import { compileAlerts } from "../../core/alerts/compile.ts"
import type { Alert } from "../../core/alerts/model.ts"
import { renderText } from "../../core/alerts/report/text.ts"
import { createSource } from "../../core/alerts/source.ts"
import { serversFor } from "../../core/clients/endpoint.ts"
import { createPrometheus } from "../../core/clients/prometheus.ts"
import { runCommand } from "../../core/lib/arguments.ts"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { nearest } from "../../core/lib/nearest.ts"
import { printable } from "../../core/lib/plain-text.ts"
import { readText } from "../command/files.ts"
import { readBrokenPromises } from "./broken-promises.ts"
import type { Timeline } from "./firings.ts"
import { readIncidents } from "./incidents.ts"
import { type CalibrateOptions, HELP, readOptions } from "./options.ts"
import { type Calibration, calibrate } from "./propose.ts"
import { queryFor } from "./question.ts"
import { historyReader } from "./read.ts"
import { type Refused, type Run, renderJson, renderTable } from "./report.ts"

/** A query over 30 days of a large server takes long. */
const TIMEOUT_MS = 120_000

const SHIPPED_ALERTS = path.resolve(import.meta.dirname, "../alerts.yaml")

/** The report, and whether every alert could be looked at. */
async function run(options: CalibrateOptions): Promise<{ report: string; complete: boolean }> {
	const alerts = alertsOf(options)
	const known =
		options.incidents === undefined ? undefined : readIncidents(options.incidents, readText(options.incidents))
	const { stepMs, rangeMs, target } = options
	const toMs = Math.floor((options.untilMs ?? Date.now()) / stepMs) * stepMs
	const length = Math.floor(rangeMs / stepMs)
	const timeline: Timeline = { startMs: toMs - (length - 1) * stepMs, stepMs, length }
	const { prometheus } = serversFor(process.env, { prometheus: options.prometheusUrl })
	const client = createPrometheus(prometheus, TIMEOUT_MS)
	const read = historyReader(client, timeline)

	const calibrations: Calibration[] = []
	const refused: Refused[] = []
	for (const [i, alert] of alerts.entries()) {
		progress(`${i + 1} of ${alerts.length}: ${alert.name}`)
		const question = queryFor(alert)
		try {
			calibrations.push(calibrate(question, { timeline, ...(await read(question)), incidents: known ?? [] }, target))
		} catch (error) {
			if (!(error instanceof ObservatoryError) || error.code === "source_unreachable") throw error
			refused.push({ alert: alert.name, severity: alert.severity, reason: messageOf(error) })
		}
	}
	progress("")
	const broken = await readBrokenPromises(client, { atMs: toMs, rangeMs })
	const about: Run = {
		prometheusUrl: prometheus.url,
		fromMs: timeline.startMs,
		toMs,
		stepMs,
		target,
		incidents: known?.length,
		refused,
		broken: broken.filter(({ alert }) => alerts.some(({ name }) => name === alert)),
	}
	const render = options.format === "json" ? renderJson : renderTable
	return { report: render(about, calibrations), complete: refused.length === 0 }
}

/** The alerts that were asked for; one that fires always has nothing to calibrate. */
function alertsOf({ file, alerts: names }: CalibrateOptions): Alert[] {
	const asked = file ?? SHIPPED_ALERTS
	const source = createSource(path.relative(process.cwd(), path.resolve(asked)) || asked, readText(asked))
	const compiled = compileAlerts(source)
	if (!compiled.file)
		throw new ObservatoryError("config_invalid", renderText(source, compiled.diagnostics), {
			advice: "npm run rules reports the same; correct the file first.",
		})
	const all = compiled.file.alerts.filter(({ heartbeat }) => !heartbeat)
	const unknown = names.find((name) => !all.some((alert) => alert.name === name))
	if (unknown === undefined) return names.length === 0 ? all : all.filter(({ name }) => names.includes(name))
	const near = nearest(
		unknown,
		all.map(({ name }) => name),
	)
	throw new ObservatoryError("not_found", `there is no alert ${unknown} to calibrate`, {
		advice: near ? `Did you mean ${near}?` : `The alerts are ${all.map(({ name }) => name).join(", ")}.`,
	})
}

/** One line that is written over on a terminal, and a line each elsewhere; empty when done. */
function progress(text: string): void {
	if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
	else if (text !== "") process.stderr.write(`${text}\n`)
}

async function main(): Promise<number> {
	try {
		const options = readOptions(process.argv.slice(2))
		if (options === "help") {
			process.stdout.write(HELP)
			return 0
		}
		const { report, complete } = await run(options)
		process.stdout.write(printable(report))
		return complete ? 0 : 1
	} catch (error) {
		progress("")
		throw error
	}
}

await runCommand(main)
