import { type Board, type Panel, panelsOf } from "../../../domain/boards/model.ts"
import { RANGES } from "../../../domain/boards/range.ts"
import { ALL, type Chosen } from "../../../domain/boards/variables.ts"
import type { PanelData } from "../../../workflows/boards/data.ts"
import type { OpenBoard } from "../../../workflows/boards/read.ts"
import { renderMarkdown } from "../../runbooks/markdown.ts"
import { type Html, html, safeUrl } from "../kit/html.ts"
import { alertsPart, type CellLink, emptyPart, isEmpty, statPart, tablePart } from "./panels.ts"
import { isDrawn, sizeOf } from "./picture.ts"

export interface BoardView {
	readonly open: OpenBoard
	readonly data: ReadonlyMap<number, PanelData>
	/** The uids of boards that this reader may open. */
	readonly others: ReadonlySet<string>
	/** Grafana's address; undefined where none runs. */
	readonly grafanaUrl: string | undefined
	/** The part of addresses that says which range and values are chosen, such as `?from=now-6h`. */
	readonly query: string
	readonly now: number
}

/** A board: its question, its range, and its panels. */
export function boardPage(view: BoardView): Html {
	const { open, grafanaUrl, query } = view
	const { board, problems } = open
	return html`<article class="board">
<p class="crumb"><a href="/boards">Boards</a> / ${roleTitle(board.role)}</p>
<h1>${board.title}</h1>
<p class="lead">${board.description}</p>
<div class="board-bar">
<nav class="ranges" aria-label="Time range">${ranges(open)}</nav>
${open.chosen.some(({ variable }) => isVisible(variable)) && variableForm(open)}
<p class="soft">A reading view, refreshed every ${board.refreshMs / 1_000} s. Times are in UTC.${
		grafanaUrl !== undefined &&
		html` <a href="${grafanaUrl}/d/${board.uid}${query}" rel="noreferrer" target="_blank">Explore in Grafana<span aria-hidden="true"> ↗</span></a>`
	}</p>
</div>
${problems.map((problem) => html`<p class="problem">${problem}</p>`)}
${board.bands.map((band) => {
	const grid = html`<div class="panels">${band.panels.map((panel) => panelPart(panel, view))}</div>`
	if (band.title === "") return grid
	return band.collapsed
		? html`<details class="band"><summary><h2>${band.title}</h2></summary>${grid}</details>`
		: html`<section class="band"><h2>${band.title}</h2>${grid}</section>`
})}
</article>`
}

const TITLES: Readonly<Record<string, string>> = {
	executive: "Executive",
	operations: "Operations",
	developer: "Developer",
	security: "Security",
	other: "Other",
}
/** The heading of a role's boards. */
export const roleTitle = (role: string): string => TITLES[role] ?? role

function ranges({ board, from, to, chosen }: OpenBoard): Html[] {
	const variables = chosenQuery(chosen)
	const all = [...new Set([...RANGES, ...(to === "now" ? [from] : [])])]
	return all.map((range) => {
		const query = new URLSearchParams([
			...(range === board.from ? [] : [["from", range] as [string, string]]),
			...variables,
		])
		const current = range === from && to === "now"
		return html`<a href="/boards/${board.uid}${query.size > 0 && `?${query}`}"${current && html` aria-current="true"`}>${range.replace("now-", "")}</a>`
	})
}

const chosenQuery = (chosen: readonly Chosen[]): [string, string][] =>
	chosen.flatMap(({ variable, values }) => values.map((value) => [`var-${variable.name}`, value] as [string, string]))

const isVisible = ({ hide, type }: Chosen["variable"]) => type !== "constant" && hide !== 2 && hide !== "hideVariable"

function variableForm({ board, from, to, chosen }: OpenBoard): Html {
	return html`<form class="variables" method="get" action="/boards/${board.uid}">
<input type="hidden" name="from" value="${from}"><input type="hidden" name="to" value="${to}">
${chosen
	.filter(({ variable }) => isVisible(variable))
	.map(({ variable, options, values }) => {
		const name = `var-${variable.name}`
		const label = variable.label || variable.name
		if (variable.type === "textbox")
			return html`<label>${label} <input name="${name}" value="${values[0] ?? ""}" maxlength="200"></label>`
		const all = variable.includeAll ? [ALL, ...options] : options
		return html`<label>${label} <select name="${name}"${variable.multi && html` multiple size="${Math.min(4, Math.max(2, all.length))}"`}>${all.map(
			(value) =>
				html`<option value="${value}"${values.includes(value) && html` selected`}>${value === ALL ? "All" : value}</option>`,
		)}</select></label>`
	})}
<button>Show</button></form>`
}

function panelPart(panel: Panel, view: BoardView): Html {
	const { id, title, description, type } = panel
	return html`<section class="panel panel-${/^[\w-]+$/.test(type) ? type : "other"}" id="panel-${id}" aria-label="${title}">
<header>${title !== "" && html`<h3>${title}</h3>`}${panel.timeFrom && html`<span class="soft">last ${panel.timeFrom}</span>`}${detailLink(panel, view)}${
		description !== "" &&
		html`<details class="about"><summary aria-label="About ${title}">i</summary><div>${renderMarkdown(description)}</div></details>`
	}</header>
<div class="panel-body">${bodyOf(panel, view)}</div>
</section>`
}

function bodyOf(panel: Panel, view: BoardView): Html {
	const { open, data, now, query } = view
	const own = data.get(panel.id)
	if (panel.type === "text") return renderMarkdown(panel.options.content ?? "")
	if (own === undefined || own.kind === "none") return emptyPart(panel)
	if (own.kind === "problem")
		return html`<div class="panel-problem" role="status"><strong>${own.message}</strong>${own.advice && html`<p>${own.advice}</p>`}</div>`
	if (own.kind === "elsewhere") return html`<p class="panel-empty">${own.reason} Grafana shows it.</p>`
	if (own.kind === "alerts") return alertsPart(panel, own.alerts, now)
	if (own.kind === "table") return tablePart(panel, own, now, cellLink(view))
	if (panel.type === "stat") {
		const spark = panel.options.graphMode === "area" && !isEmpty(own)
		return html`${statPart(panel, own, now)}${spark && picture(panel, open, query, own.to)}`
	}
	if (!isDrawn(panel.type))
		return html`<p class="panel-empty">The console does not know panels of type ${panel.type}. Grafana shows it.</p>`
	if (isEmpty(own)) return emptyPart(panel)
	return html`${picture(panel, open, query, own.to)}${own.dropped > 0 && html`<p class="soft">${own.dropped} more series are not drawn.</p>`}`
}

/** The picture for the width of the screen. Its address has the time of its data, so that a refresh shows new data. */
function picture(panel: Panel, { board }: OpenBoard, query: string, at: number): Html {
	const address = (width: string) => {
		const all = new URLSearchParams(query)
		all.set("width", width)
		all.set("at", String(Math.round(at)))
		return `/boards/${board.uid}/panels/${panel.id}.svg?${all}`
	}
	const { width, height } = sizeOf(panel, "wide")
	const phone = sizeOf(panel, "narrow")
	const alt = panel.type === "stat" ? "" : `${panel.title}, as a picture`
	return html`<picture><source media="(max-width: 55.99rem)" srcset="${address("narrow")}" width="${phone.width}" height="${phone.height}"><img src="${address("wide")}" width="${width}" height="${height}" alt="${alt}" loading="lazy" decoding="async"></picture>`
}

/** Links of cells to boards that this reader may open, in the same time range. */
function cellLink({ others, open: { from, to } }: BoardView): CellLink {
	return (url, value) => {
		const [, board = "", name] = CELL_LINK.exec(url) ?? []
		if (name === undefined || !others.has(board)) return undefined
		return `/boards/${board}?${new URLSearchParams({ [name]: value, from, to })}`
	}
}

/** As the boards' tables have it: a board, and a variable of it that the cell's value becomes. */
const CELL_LINK = /^\/d\/([\w-]+)\?(var-\w+)=\$\{__value\.raw(?::percentencode)?\}/

/** The first link of a panel: to another board here, or to another place. */
function detailLink({ links }: Panel, { others, grafanaUrl, query }: BoardView): Html | false {
	const [link] = links
	if (!link) return false
	const board = /^\/d\/([\w-]+)/.exec(link.url)?.[1]
	if (board !== undefined && others.has(board))
		return html`<a class="detail-link" href="/boards/${board}${query}">${link.title}</a>`
	const to = board === undefined ? safeUrl(link.url) : grafanaUrl && `${grafanaUrl}/d/${board}`
	return (
		to !== undefined && html`<a class="detail-link" href="${to}" rel="noreferrer" target="_blank">${link.title} ↗</a>`
	)
}

export interface BoardList {
	readonly boards: readonly Board[]
	readonly problems: readonly string[]
	readonly grafanaUrl: string | undefined
}

const ORDER = ["executive", "operations", "developer", "security"]
const placeOf = (role: string) => (ORDER.indexOf(role) + 1 || ORDER.length + 1) - 1

/** The boards by role, each with its question. */
export function boardsPage({ boards, problems, grafanaUrl }: BoardList): Html {
	const roles = [...new Set(boards.map(({ role }) => role))].sort((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1))
	return html`<h1>Boards</h1>
<p class="lead">The boards of Grafana, to read here.${
		grafanaUrl === undefined
			? " No Grafana is configured; with one, the same boards can be explored there."
			: html` <a href="${grafanaUrl}" rel="noreferrer" target="_blank">Explore them in Grafana ↗</a>`
	}</p>
${problems.map((problem) => html`<p class="problem">This file is no board: ${problem}</p>`)}
${boards.length === 0 && html`<p class="empty">There are no boards in the folder BOARDS_FOLDER.</p>`}
${roles.map(
	(role) =>
		html`<section><h2>${roleTitle(role)}</h2><ul class="messages">${boards
			.filter((board) => board.role === role)
			.map(
				({ uid, title, description, ...board }) =>
					html`<li class="message"><div class="what"><h3><a href="/boards/${uid}">${title}</a></h3><p class="meta">${description}</p><p class="soft">${panelsOf({ uid, title, description, ...board }).length} panels</p></div></li>`,
			)}</ul></section>`,
)}`
}
