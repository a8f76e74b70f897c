import { configOf, shownValue } from "../../../domain/boards/fields.ts"
import type { FieldConfig, Panel } from "../../../domain/boards/model.ts"
import { severityOf } from "../../../domain/severity.ts"
import type { ListedAlert, PanelData } from "../../../workflows/boards/data.ts"
import { type Html, html } from "../kit/html.ts"
import { severityBadge } from "../kit/parts.ts"
import { since } from "../kit/time.ts"
import type { SeriesData } from "./lines.ts"
import { hasValues } from "./picture.ts"
import { numberOf } from "./shapes.ts"
import { colourClass } from "./style.ts"

/** The place of an empty panel: the board's own words for it. */
export const emptyPart = (panel: Panel): Html =>
	html`<p class="panel-empty">${panel.fieldConfig.defaults.noValue ?? "No data in this time range"}</p>`

/** The most characters of a large number; longer texts are smaller. */
const sizeClass = (text: string) => (text.length <= 6 ? "large" : text.length <= 14 ? "medium" : "small")

/** Large numbers, each with its name when there are several. */
export function statPart(panel: Panel, data: SeriesData, now: number): Html {
	const { colorMode, textMode } = panel.options
	const named = textMode === "value_and_name" || textMode === "name" || (textMode !== "value" && data.series.length > 1)
	const filled = colorMode?.startsWith("background") ?? false
	if (data.series.length === 0) return html`<div class="tiles">${emptyPart(panel)}</div>`
	return html`<div class="tiles${filled && " filled"}">${data.series.map((one) => {
		const { value, config } = numberOf(panel, one)
		const shown = shownValue(value, config, now)
		const tint = colourClass(shown.color)
		return html`<div class="tile${tint}">${named && html`<span class="tile-name">${config.displayName ?? one.name}</span>`}<span class="tile-value ${shown.empty ? "panel-empty" : sizeClass(shown.text)}">${shown.text}</span></div>`
	})}</div>`
}

type Table = Extract<PanelData, { kind: "table" }>

const isHidden = ({ custom }: FieldConfig) => (custom?.hideFrom?.viz ?? false) || (custom?.hidden ?? false)

/** The address here of a link that Grafana would follow, with the cell's value in it; undefined for other places. */
export type CellLink = (url: string, value: string) => string | undefined

/** Rows and columns; a cell with a link to a board leads there. */
export function tablePart(panel: Panel, { columns, rows }: Table, now: number, linkTo: CellLink): Html {
	if (rows.length === 0) return emptyPart(panel)
	const shown = columns
		.map((column, index) => ({ column, index, config: configOf(panel, column) }))
		.filter(({ config }) => !isHidden(config))
	return html`<div class="panel-scroll" tabindex="0"><table><thead><tr>${shown.map(
		({ column, config }) => html`<th scope="col">${config.displayName ?? column.name}</th>`,
	)}</tr></thead>
<tbody>${rows.map(
		(row) =>
			html`<tr>${shown.map(({ index, config }) => {
				const cell = shownValue(row[index], config, now)
				const coloured = config.custom?.cellOptions?.type?.startsWith("color") ?? false
				const numeric = typeof row[index] === "number"
				const [link] = config.links ?? []
				const to = link && !cell.empty ? linkTo(link.url, String(row[index])) : undefined
				const text = to === undefined ? cell.text : html`<a href="${to}" title="${link?.title}">${cell.text}</a>`
				return html`<td class="${numeric && "number"}${coloured && colourClass(cell.color)}">${text}</td>`
			})}</tr>`,
	)}</tbody></table></div>`
}

/** Alerts that fire or are pending, the most severe first; each leads to its runbook. */
export function alertsPart(panel: Panel, alerts: readonly ListedAlert[], now: number): Html {
	if (alerts.length === 0)
		return html`<p class="panel-empty good">${panel.fieldConfig.defaults.noValue ?? "No alert fires."}</p>`
	return html`<ul class="panel-scroll alert-list">${alerts.map(({ labels, state, since: from }) => {
		const { alertname = "", severity = "other", ...rest } = labels
		const details = Object.entries(rest).filter(([name]) => SHOWN_LABELS.has(name))
		const name = /^[a-z][a-z0-9_]{0,99}$/.test(alertname)
			? html`<a href="/runbooks/${alertname}">${alertname}</a>`
			: html`${alertname}`
		return html`<li class="${severityOf(severity)}">${severityBadge(severity)} <strong>${name}</strong>
<span class="soft">${state === "firing" ? "firing" : "pending"}${from !== undefined && html` for ${since(new Date(from), now)}`}${details.map(([, value]) => html` · ${value}`)}</span></li>`
	})}</ul>`
}

const SHOWN_LABELS: ReadonlySet<string> = new Set(["component", "server", "mcp_server", "job", "instance", "worker"])

export const isEmpty = (data: SeriesData): boolean => !hasValues(data)
