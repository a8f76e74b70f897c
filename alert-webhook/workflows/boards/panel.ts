import { z } from "zod"
import type { Element, RangeElement } from "../../../core/clients/prometheus.ts"
import { databaseError } from "../../../core/db/client.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import { withTimeout } from "../../../core/lib/timeout.ts"
import type { Context } from "../../context.ts"
import { durationMs, type Panel, type Target } from "../../domain/boards/model.ts"
import { aligned, builtIns, stepOf, type TimeRange } from "../../domain/boards/range.ts"
import { interpolate, type Scope } from "../../domain/boards/variables.ts"
import type { PanelData, Series } from "./data.ts"
import { transformed, vectorTable } from "./tables.ts"

/** Longest wait for one panel. */
const PANEL_MS = 8_000
/** The most series of a panel. */
const MOST_SERIES = 60

const source = z.object({ type: z.string() })

export interface PanelRequest {
	readonly panel: Panel
	/** The range of the board. */
	readonly range: TimeRange
	/** The board's variables. */
	readonly scope: Scope
}

/** What a panel shows. Problems are data, so that one panel's failure hides no other. */
export async function readPanel(ctx: Context, request: PanelRequest): Promise<PanelData> {
	try {
		return await withTimeout(
			{ ms: PANEL_MS, message: `There was no complete answer within ${PANEL_MS / 1_000} s.` },
			(signal) => read(ctx, request, signal),
		)
	} catch (error) {
		return problemOf(ctx, request, error)
	}
}

function problemOf({ log }: Context, { panel }: PanelRequest, error: unknown): PanelData {
	const known = databaseError(error, "Reading the panel's rows")
	const { code } = error as { code?: unknown }
	if (typeof code === "string" && /^4[24]/.test(code))
		return { kind: "problem", message: `PostgreSQL refuses the query: ${messageOf(error)}`, advice: "" }
	if (!(known instanceof ObservatoryError)) {
		log.error({ err: error, panel: panel.title }, "a panel cannot be read")
		return { kind: "problem", message: "The panel cannot be read; the log says why.", advice: "" }
	}
	// The query itself says nothing to a reader.
	const message = known.message.replace(
		/^(Prometheus) at \S+ (refuses) .*?: (?=[^:]*$|.*parse error)/s,
		"$1 $2 the query: ",
	)
	return { kind: "problem", message, advice: known.advice ?? "" }
}

async function read(ctx: Context, { panel, range, scope }: PanelRequest, signal: AbortSignal): Promise<PanelData> {
	if (panel.type === "text") return { kind: "none" }
	if (panel.type === "alertlist") return readAlerts(ctx, panel, range, signal)
	const targets = panel.targets.filter(({ hide }) => !hide)
	if (targets.length === 0) return { kind: "elsewhere", reason: "This panel has no query that the console knows." }
	const own = panel.timeFrom ? durationMs(panel.timeFrom) : undefined
	const shown = own === undefined ? range : { from: range.to - own, to: range.to }
	const types = new Set(targets.map(({ datasource }) => source.safeParse(datasource).data?.type ?? "prometheus"))
	if (types.size > 1) return { kind: "elsewhere", reason: "This panel mixes data sources." }
	const [type = ""] = types
	if (type.includes("postgres")) return readRows(ctx, panel, shown, scope, signal)
	if (type !== "prometheus")
		return { kind: "elsewhere", reason: `This panel reads ${type}, which the console does not.` }
	const first = targets[0] as Target
	if (first.format === "table" || panel.type === "table") {
		const query = { expr: textOf(first, shown, scope, stepOf(shown, 0)), at: shown.to }
		const elements = await ctx.clients.prometheus.query(query.expr, { at: query.at, signal })
		return finished(vectorTable(elements, first.refId, shown.to), panel)
	}
	if (panel.transformations.length > 0)
		return {
			kind: "elsewhere",
			reason: `The console does not know the transformation ${panel.transformations[0]?.id}.`,
		}
	return readSeries(ctx, panel, targets, shown, scope, signal)
}

function finished(table: Extract<PanelData, { kind: "table" }>, panel: Panel): PanelData {
	const result = transformed(table, panel.transformations)
	if (typeof result !== "string") return result
	return { kind: "elsewhere", reason: `The console does not know the transformation ${result}.` }
}

const textOf = (target: Target, range: TimeRange, scope: Scope, step: number) =>
	interpolate(target.expr ?? "", { ...scope, ...builtIns(range, step) }, "promql")

async function readSeries(
	{ clients: { prometheus } }: Context,
	panel: Panel,
	targets: readonly Target[],
	range: TimeRange,
	scope: Scope,
	signal: AbortSignal,
): Promise<PanelData> {
	const leastOf = ({ interval }: Target) =>
		durationMs(interpolate(interval || panel.interval || "15s", scope, "text")) ?? 15_000
	const steps = targets.filter(({ instant }) => !instant).map((target) => stepOf(range, leastOf(target)))
	const answers = await Promise.all(
		targets.map(async (target): Promise<Series[]> => {
			const step = stepOf(range, leastOf(target))
			const expr = textOf(target, range, scope, step)
			if (target.instant && !target.range) {
				const elements = await prometheus.query(expr, { at: range.to, signal })
				return elements.map(({ labels, value }) => named(target, { labels, points: [{ at: range.to, value }] }, expr))
			}
			const elements = await prometheus.range(expr, { ...aligned(range, step), step, signal })
			return elements.map((element) => named(target, element, expr))
		}),
	)
	const series = answers.flat()
	return {
		kind: "series",
		series: series.slice(0, MOST_SERIES),
		dropped: Math.max(0, series.length - MOST_SERIES),
		...range,
		step: Math.max(15_000, ...steps),
	}
}

const named = ({ refId, legendFormat }: Target, { labels, points }: RangeElement, expr: string): Series => ({
	refId,
	name: legendOf(legendFormat, labels, expr),
	points,
})

/** A series' legend: its format with the labels inserted, or what Prometheus would call it. */
function legendOf(format: string, labels: Element["labels"], expr: string): string {
	if (format !== "" && format !== "__auto")
		return format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => labels[name] ?? "")
	const { __name__: name = "", ...rest } = labels
	const pairs = Object.entries(rest).map(([label, value]) => `${label}="${value}"`)
	if (name === "" && pairs.length === 0) return expr.slice(0, 60)
	return pairs.length > 0 ? `${name}{${pairs.join(", ")}}` : name
}

/** The data source with stored spans and log records. */
const TELEMETRY_SOURCE = "telemetry"

async function readRows(
	{ clients: { boardDatabase, telemetryDatabase } }: Context,
	panel: Panel,
	range: TimeRange,
	scope: Scope,
	signal: AbortSignal,
): Promise<PanelData> {
	const [target] = panel.targets
	const ofTelemetry = (target?.datasource as { uid?: unknown } | undefined)?.uid === TELEMETRY_SOURCE
	const database = ofTelemetry ? telemetryDatabase : boardDatabase
	if (database === undefined) {
		const setting = ofTelemetry ? "BOARDS_TELEMETRY_URL" : "BOARDS_DATABASE_URL"
		return { kind: "elsewhere", reason: `This panel reads PostgreSQL, and ${setting} is not set.` }
	}
	if (panel.type !== "table" || target?.rawSql === undefined)
		return { kind: "elsewhere", reason: "The console shows rows of PostgreSQL as tables only." }
	const { columns, rows } = await database.rows(sqlOf(target.rawSql, range, scope), signal)
	const { refId } = target
	return finished({ kind: "table", columns: columns.map((name) => ({ name, refId })), rows }, panel)
}

/** A statement with Grafana's macros and variables replaced. */
export function sqlOf(sql: string, range: TimeRange, scope: Scope): string {
	const [from, to] = [range.from, range.to].map((ms) => `'${new Date(ms).toISOString()}'`)
	const text = sql
		.replace(/\$__timeFilter\(([^()]+)\)/g, (_, column) => `${column} BETWEEN ${from} AND ${to}`)
		.replaceAll("$__timeFrom()", `${from}`)
		.replaceAll("$__timeTo()", `${to}`)
	return interpolate(text, { ...scope, ...builtIns(range, stepOf(range, 0)) }, "sql")
}

const SEVERITIES = ["critical", "warning", "info"]
const importance = (severity = "") => (SEVERITIES.indexOf(severity) + 1 || SEVERITIES.length + 1) - 1

async function readAlerts(
	{ clients: { prometheus } }: Context,
	{ options }: Panel,
	range: TimeRange,
	signal: AbortSignal,
): Promise<PanelData> {
	const filter = options.alertInstanceLabelFilter || "{}"
	const [active, since] = await Promise.all(
		[`ALERTS${filter}`, `ALERTS_FOR_STATE${filter}`].map((expr) => prometheus.query(expr, { at: range.to, signal })),
	)
	const keyOf = ({ __name__, alertstate, ...labels }: Element["labels"]) =>
		JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
	const sinceOf = new Map((since ?? []).map(({ labels, value }) => [keyOf(labels), value * 1_000]))
	const alerts = (active ?? [])
		.map(({ labels }) => ({ labels, state: labels.alertstate ?? "", since: sinceOf.get(keyOf(labels)) }))
		.filter(({ state }) => options.stateFilter?.[state] ?? true)
		.sort(
			(a, b) =>
				importance(a.labels.severity) - importance(b.labels.severity) ||
				a.state.localeCompare(b.state) ||
				(b.since ?? 0) - (a.since ?? 0),
		)
	return { kind: "alerts", alerts: alerts.slice(0, options.maxItems ?? 50) }
}
