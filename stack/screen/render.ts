import type { PartState, ShownPart, ShownStatus } from "../parts/part.ts"
import { type Paint, truncate } from "./paint.ts"
import type { View } from "./view.ts"

const COLOUR: Readonly<Record<PartState, keyof Paint>> = {
	waiting: "dim",
	blocked: "yellow",
	starting: "yellow",
	up: "green",
	done: "green",
	degraded: "yellow",
	hung: "red",
	"backing off": "red",
	failed: "red",
	missing: "yellow",
	paused: "yellow",
	stopping: "dim",
	stopped: "dim",
}

const WIDEST_STATE = "backing off".length

/** The whole screen: a line for each part, then what else a person needs. Lines are cut at `columns`. */
export function renderScreen(view: View, paint: Paint, columns: number): string[] {
	const lines = [paint.bold("mcp-observatory"), "", ...renderParts(view.parts, paint), ""]
	if (view.targets) lines.push(...targetLines(view, paint))
	if (view.inboxChannels.length > 0)
		lines.push(
			...wrapped("  Channels without a secret, delivered to the console's inbox: ", view.inboxChannels, columns),
		)
	if (view.notes.length > 0) lines.push("", ...view.notes.map((note) => `  ${note}`))
	return lines.map((line) => truncate(line, columns))
}

/** A line for each part: what it is, how it is, where, and why. */
export const renderParts = (parts: readonly ShownStatus[], paint: Paint): string[] =>
	parts.map((status) => partLine(status, parts, paint))

function partLine({ part, state, detail }: ShownStatus, all: readonly ShownStatus[], paint: Paint): string {
	const width = Math.max(...all.map((status) => label(status.part).length))
	const where = [part.address ?? "", paint.dim(detail)].filter((text) => text !== "")
	return `  ${label(part).padEnd(width)}  ${paint[COLOUR[state]](state.padEnd(WIDEST_STATE))}  ${where.join("  ")}`.trimEnd()
}

const label = ({ title, demo }: ShownPart) => (demo ? `${title} (demo)` : title)

function targetLines({ targets }: View, paint: Paint): string[] {
	if (!targets) return []
	const count = `${targets.up}/${targets.total} up`
	const all = targets.up === targets.total && targets.total > 0
	const first = `  Prometheus targets  ${all ? paint.green(count) : paint.yellow(count)}`
	const waiting = targets.waiting.length > 0 ? [`not scraped yet: ${targets.waiting.join(", ")}`] : []
	return [first, ...[...waiting, ...targets.down].map((line) => `    ${paint.dim(line)}`)]
}

/** A list behind its heading, broken between items where a line would be longer than `columns`. */
function wrapped(heading: string, items: readonly string[], columns: number): string[] {
	const lines = [heading]
	for (const [i, item] of items.entries()) {
		const word = i < items.length - 1 ? `${item}, ` : item
		const last = lines.at(-1) ?? ""
		if (last.length + word.trimEnd().length <= columns) lines[lines.length - 1] = last + word
		else lines.push(`    ${word}`)
	}
	return lines.map((line) => line.trimEnd())
}

/** One line for one change, for a log or a pipe. */
export function changeLine({ part, state, detail }: ShownStatus): string {
	const address = (state === "up" || state === "degraded") && part.address ? ` at ${part.address}` : ""
	return `${label(part)}: ${state}${address}${detail ? ` — ${detail}` : ""}`
}
