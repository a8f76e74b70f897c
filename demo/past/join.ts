import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Column, Columns } from "./columns.ts"
import { isCounter } from "./openmetrics.ts"

/** What an exporter exposes now, by `keyOf`. */
export type Exposed = ReadonlyMap<string, number>

const keyOf = (name: string, labels: Column["labels"]): string =>
	`${name}${JSON.stringify(
		Object.entries(labels)
			.filter(([label]) => label !== "job" && label !== "instance")
			.sort(([a], [b]) => (a < b ? -1 : 1)),
	)}`

/**
 * Moves counters so that they end where the exporters' counters are now. A counter that fell would be a restart to
 * Prometheus, and all that it counted earlier, such as the demo's week of rows, an increase at this moment; alerts would
 * fire. What is made up is therefore below zero where the exporters have counted less.
 */
export function joinTo(exposed: Exposed, columns: Columns): Columns {
	const joined = new Map<string, readonly Column[]>()
	for (const [name, all] of columns)
		joined.set(
			name,
			isCounter(name) ? all.map((column) => endAt(exposed.get(keyOf(name, column.labels)), column)) : all,
		)
	return joined
}

function endAt(now: number | undefined, column: Column): Column {
	// One that starts at 0 does so as after a restart, which is right.
	if (now === undefined || now === 0) return column
	const offset = now - (column.values.at(-1) ?? 0)
	return { labels: column.labels, values: column.values.map((value) => value + offset) }
}

/** Reads the samples of Prometheus' text format. */
export function parseExposed(text: string): Exposed {
	const exposed = new Map<string, number>()
	for (const line of text.split("\n")) {
		const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line)
		if (!match) continue
		const [, name = "", inside = "", value] = match
		const labels = [...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label, text])
		exposed.set(keyOf(name, Object.fromEntries(labels)), Number(value))
	}
	return exposed
}

/**
 * Scrapes an exporter.
 *
 * @throws ObservatoryError `unavailable` unless it answers with 200
 */
export async function scrape(url: string, token: string): Promise<Exposed> {
	const response = await fetch(url, {
		headers: { authorization: `Bearer ${token}` },
		signal: AbortSignal.timeout(10_000),
	})
	if (!response.ok) throw new ObservatoryError("unavailable", `${url} answers ${response.status}`)
	return parseExposed(await response.text())
}
