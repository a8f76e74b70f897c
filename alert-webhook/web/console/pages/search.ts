import { SEVERITIES } from "../../../domain/severity.ts"
import type { IncidentSearch } from "../../../store/incidents/search.ts"
import { type Html, html } from "../kit/html.ts"

/** The fields of the form, in the order of the page. */
export const SEARCH_FIELDS = ["q", "matchers", "state", "severity", "from", "to"] as const

/** The search of a page. */
export interface Search {
	/** The fields that are not empty, as the person wrote them. */
	readonly given: Readonly<Record<string, string>>
	readonly filters: IncidentSearch
	/** Why the search cannot be made, in words; then nothing is filtered. */
	readonly problem: string | undefined
}

const STATES = { not_acknowledged: "not acknowledged", acknowledged: "acknowledged" }

export const isActive = ({ given }: Search): boolean => Object.keys(given).length > 0

/** The search as a query string, to continue with older incidents. */
export const queryOf = ({ given }: Search, cursor: number): string =>
	new URLSearchParams({ ...given, cursor: String(cursor) }).toString()

/** The form that searches a list of incidents; it works without the script. */
export function searchForm(search: Search, action: string): Html {
	const { given, problem } = search
	const option = (value: string, text: string, chosen: string | undefined) =>
		html`<option value="${value}"${value === (chosen ?? "") && html` selected`}>${text}</option>`
	const time = (name: "from" | "to", label: string) =>
		html`<label>${label} <input name="${name}" type="datetime-local" value="${given[name]?.slice(0, 16)}"></label>`
	return html`<form class="search" role="search" method="get" action="${action}">
<label>Alert or summary <input name="q" type="search" maxlength="200" value="${given.q}"></label>
<button>Search</button>
<details${problem !== undefined && html` open`}><summary>Labels, state, severity, time</summary><div class="fields">
<label class="matchers">Labels <input name="matchers" maxlength="2000" placeholder='component="database", server=~"github|memory.*"' value="${given.matchers}" autocapitalize="none" spellcheck="false"></label>
<label>State <select name="state">${option("", "any", given.state)}${Object.entries(STATES).map(([value, text]) => option(value, text, given.state))}</select></label>
<label>Severity <select name="severity">${option("", "any", given.severity)}${SEVERITIES.map((one) => option(one, one, given.severity))}</select></label>
${time("from", "Fired from (UTC)")}
${time("to", "Fired until (UTC)")}
</div></details>
</form>
${problem !== undefined && html`<p class="problem" role="alert">The list is not filtered. ${problem}.</p>`}`
}

/** What the list is filtered by, with the way back to the whole list. */
export function searchNote(search: Search, action: string, found: string): Html | false {
	if (!isActive(search) || search.problem !== undefined) return false
	const { q, matchers, state, severity, from, to } = search.given
	const parts = [
		q && html`“${q}”`,
		matchers && html`<code>${matchers}</code>`,
		state && STATES[state as keyof typeof STATES],
		severity,
		from && `fired from ${from.replace("T", " ")} UTC`,
		to && `fired until ${to.replace("T", " ")} UTC`,
	].filter(Boolean)
	return html`<p class="note">${found}: ${parts.map((part, i) => html`${i > 0 && ", "}${part}`)}. <a href="${action}">Show all</a></p>`
}
