import { readArguments, usageError } from "../../core/lib/arguments.ts"
import { parseDuration } from "../../core/lib/config.ts"
import type { Target } from "./propose.ts"

export const HELP = `npm run calibrate -- [options]

Reads from the history in a Prometheus how often each alert of prometheus/alerts.yaml would have fired and for how long,
and proposes another threshold or duration where that is above the target. Changes no file.

  --target N/PERIOD    allowed false alarms of one alert, such as 1/1w or 3/30d                  (1/1w)
  --range DURATION     how much history is read                                                  (30d)
  --until TIME         where it ends, such as 2026-03-01T00:00:00Z                               (now)
  --step DURATION      how far apart the instants are at which conditions are looked at          (1m)
                       15s is what Prometheus does, and takes four times as long
  --alert NAME         only this alert; may be repeated
  --incidents FILE     when something was wrong indeed: a YAML list of { from: TIME, to: TIME }.
                       Firings in them are no false alarms. Without it every firing counts as one.
  --file PATH          this file instead of prometheus/alerts.yaml
  --prometheus-url URL                                                                           (PROMETHEUS_URL)
  --format FORMAT      text or json
  --help

Exit code: 0 fine, 1 the file has errors or Prometheus does not answer for an alert, 2 wrong usage.
`

export interface CalibrateOptions {
	readonly target: Target
	readonly rangeMs: number
	/** End of the history, in milliseconds since the epoch; undefined for now. */
	readonly untilMs: number | undefined
	readonly stepMs: number
	/** Names of the alerts; all of them when empty. */
	readonly alerts: readonly string[]
	readonly incidents: string | undefined
	readonly file: string | undefined
	readonly prometheusUrl: string | undefined
	readonly format: "text" | "json"
}

const ADVICE = "npm run calibrate -- --help lists the options."
const text = { type: "string" } as const
/** Instants that one element may have: a year at a minute's distance. */
const MAX_INSTANTS = 550_000

/** The command line as options, or "help". @throws ObservatoryError `bad_request` on wrong usage */
export function readOptions(args: readonly string[]): CalibrateOptions | "help" {
	const values = parse(args)
	if (values.help) return "help"
	const format = values.format ?? "text"
	if (format !== "text" && format !== "json") throw usage(`--format is text or json, not ${format}`)
	const rangeMs = duration("range", values.range ?? "30d")
	const stepMs = duration("step", values.step ?? "1m")
	if (stepMs < 1_000) throw usage("--step is at least 1s")
	if (rangeMs < 2 * stepMs) throw usage("--range is at least twice --step")
	if (rangeMs / stepMs > MAX_INSTANTS)
		throw usage(`--range has ${Math.round(rangeMs / stepMs)} steps; at most ${MAX_INSTANTS} are read`)
	const url = values["prometheus-url"]
	if (url !== undefined && !/^https?:\/\/[^\s/]+/.test(url))
		throw usage(`--prometheus-url is an http:// or https:// address, not ${url}`)
	return {
		target: target(values.target ?? "1/1w"),
		rangeMs,
		untilMs: values.until === undefined ? undefined : instant(values.until),
		stepMs,
		alerts: values.alert ?? [],
		incidents: values.incidents,
		file: values.file,
		prometheusUrl: url?.replace(/\/+$/, ""),
		format,
	}
}

const parse = (args: readonly string[]) =>
	readArguments(
		{
			args: [...args],
			options: {
				target: text,
				range: text,
				until: text,
				step: text,
				alert: { type: "string", multiple: true },
				incidents: text,
				file: text,
				"prometheus-url": text,
				format: text,
				help: { type: "boolean", short: "h" },
			},
		},
		ADVICE,
	).values

function duration(option: string, written: string): number {
	const ms = parseDuration(written)
	if (ms) return ms
	throw usage(`--${option} is a duration such as 15s, 1m or 30d, not ${written}`)
}

function instant(written: string): number {
	const ms = /^\d{4}-\d{2}-\d{2}/.test(written) ? Date.parse(written) : Number.NaN
	if (!Number.isNaN(ms)) return ms
	throw usage(`--until is a time such as 2026-03-01T00:00:00Z, not ${written}`)
}

function target(written: string): Target {
	const [, alarms, period] = /^(\d+)\/(\S+)$/.exec(written) ?? []
	const periodMs = parseDuration(period ?? "")
	if (alarms !== undefined && periodMs) return { alarms: Number(alarms), periodMs }
	throw usage(`--target is a number of false alarms and a period, such as 1/1w, not ${written}`)
}

const usage = (message: string) => usageError(message, ADVICE)
