import { type BoardResult, countFaults, isFault, type PanelResult } from "./result.ts"

/** The results for a person: a line a board, and below it the panels that need a look. */
export function renderResults(results: readonly BoardResult[]): string {
	const lines = results.flatMap((result) => [
		heading(result),
		...result.faults.map((fault) => `    FAULT  ${fault}`),
		...result.panels.filter(({ state }) => state !== "drawn").map(panelLine),
	])
	return `${[...lines, "", summary(results)].join("\n")}\n`
}

function heading({ uid, view, panels, drawnMs, p95Ms, picture }: BoardResult): string {
	const count = (state: PanelResult["state"]) => panels.filter((panel) => panel.state === state).length
	const facts = [
		`${count("drawn")} drawn, ${count("empty")} empty, ${count("error")} failed`,
		drawnMs === undefined ? undefined : `all drawn in ${seconds(drawnMs)}`,
		p95Ms === undefined ? undefined : `p95 ${seconds(p95Ms)}`,
		picture,
	]
	return `${uid} (${view}): ${facts.filter((fact) => fact !== undefined).join("; ")}`
}

function panelLine(panel: PanelResult): string {
	const mark = panel.state === "error" ? "ERROR" : isFault(panel) ? "EMPTY" : "empty"
	return `    ${mark}  ${panel.title || `panel ${panel.id}`}: ${panel.message || "no words"}`
}

function summary(results: readonly BoardResult[]): string {
	const faults = countFaults(results)
	const of = `${results.length} ${results.length === 1 ? "check" : "checks"} of boards`
	return faults === 0 ? `${of}: no fault` : `${of}: ${faults} ${faults === 1 ? "fault" : "faults"}`
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
