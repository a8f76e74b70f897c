import { z } from "zod"
import type { Element } from "../../../core/clients/prometheus.ts"
import type { Panel } from "../../domain/boards/model.ts"
import type { PanelData } from "./data.ts"

type Table = Extract<PanelData, { kind: "table" }>

/** The table of an instant vector: its time, its labels in alphabetical order, and its value. */
export function vectorTable(elements: readonly Element[], refId: string, at: number): Table {
	const labels = [...new Set(elements.flatMap((element) => Object.keys(element.labels)))].sort()
	return {
		kind: "table",
		columns: ["Time", ...labels, "Value"].map((name) => ({ name, refId })),
		rows: elements.map((element) => [new Date(at), ...labels.map((label) => element.labels[label]), element.value]),
	}
}

const organize = z.object({
	excludeByName: z.record(z.string(), z.boolean()).default({}),
	includeByName: z.record(z.string(), z.boolean()).default({}),
	indexByName: z.record(z.string(), z.number()).default({}),
	renameByName: z.record(z.string(), z.string()).default({}),
})

/** The table after the panel's transformations; the name of one that the console does not know. */
export function transformed(table: Table, transformations: Panel["transformations"]): Table | string {
	let current = table
	for (const { id, options } of transformations) {
		const parsed = organize.safeParse(options)
		if (id !== "organize" || !parsed.success) return id
		current = organized(current, parsed.data)
	}
	return current
}

function organized({ columns, rows }: Table, options: z.output<typeof organize>): Table {
	const { excludeByName, includeByName, indexByName, renameByName } = options
	const only = Object.values(includeByName).some(Boolean)
	const kept = columns
		.map((column, index) => ({ column, index }))
		.filter(({ column: { name } }) => !excludeByName[name] && (!only || includeByName[name]))
		.sort((a, b) => (indexByName[a.column.name] ?? a.index) - (indexByName[b.column.name] ?? b.index))
	return {
		kind: "table",
		columns: kept.map(({ column }) => ({ ...column, name: renameByName[column.name] || column.name })),
		rows: rows.map((row) => kept.map(({ index }) => row[index])),
	}
}
