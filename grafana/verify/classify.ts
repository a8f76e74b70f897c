import type { StoredPanel } from "../client/boards.ts"
import type { SeenPanel } from "./page.ts"
import type { PanelResult } from "./result.ts"

/** Whether a panel shows its final content: not loading, and something is there. */
export const isSettled = ({ loading, failed, instead, text, picture }: SeenPanel): boolean =>
	!loading && (failed || instead !== undefined || picture || text !== "")

/**
 * What a panel shows. `errors` are the data source's own words for its queries; Grafana's page has them in a tooltip only.
 * A panel that the page lacks is an error.
 */
export function classify(panel: StoredPanel, seen: SeenPanel | undefined, errors: readonly string[]): PanelResult {
	const { id, title } = panel
	const failure = (message: string): PanelResult => ({ id, title, state: "error", message })
	if (seen === undefined) return failure("the page does not have this panel")
	if (seen.failed) return failure(errors.join("; ") || seen.text || "Grafana shows an error")
	if (errors.length > 0) return failure(errors.join("; "))
	if (/^(Panel plugin not found|An unexpected error happened)/.test(seen.text)) return failure(seen.text)
	if (!isSettled(seen)) return failure(seen.loading ? "still loading" : "nothing is drawn")
	const empty = (message: string): PanelResult => ({ id, title, state: "empty", message })
	if (seen.instead !== undefined) return empty(seen.instead)
	const { noValue } = panel.fieldConfig.defaults
	// A stat writes the words where its value would be, a table where its rows would be.
	if (noValue !== undefined && seen.text.includes(noValue)) return empty(noValue)
	if (/^no data$/i.test(seen.text)) return empty(seen.text)
	return { id, title, state: "drawn" }
}
