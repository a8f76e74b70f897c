import type { GridPos } from "@grafana/grafana-foundation-sdk/dashboard"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { PanelDef } from "./panel.ts"

/** Grafana's grid. */
export const COLUMNS = 24

/** A panel at a fixed position. */
export interface Fixed {
	readonly kind: "fixed"
	readonly panel: PanelDef
	readonly at: GridPos
}

/** Panels side by side, below everything before them. */
export interface Band {
	readonly kind: "band"
	readonly height: number
	readonly panels: readonly PanelDef[]
}

/** A heading across the board. */
export interface Heading {
	readonly kind: "heading"
	readonly title: string
}

export type Item = Fixed | Band | Heading
export type Placed = { readonly at: GridPos } & ({ readonly panel: PanelDef } | { readonly heading: string })

/** A position on a grid of 12 columns, half as fine as Grafana's in both directions. */
export const on12 = (x: number, y: number, w: number, h: number, panel: PanelDef): Fixed => ({
	kind: "fixed",
	panel,
	at: { x: 2 * x, y: 2 * y, w: 2 * w, h: 2 * h },
})

/** Equally wide panels; their number must divide 24. */
export const band = (height: number, ...panels: PanelDef[]): Band => ({ kind: "band", height, panels })

export const heading = (title: string): Heading => ({ kind: "heading", title })

/**
 * Assigns a grid position to every item.
 *
 * @throws ObservatoryError `internal` when a band cannot be divided evenly
 */
export function place(items: readonly Item[]): readonly Placed[] {
	let bottom = 0
	const placed = items.flatMap((item): readonly Placed[] => {
		const here = placeOne(item, bottom)
		for (const { at } of here) bottom = Math.max(bottom, at.y + at.h)
		return here
	})
	return placed
}

function placeOne(item: Item, y: number): readonly Placed[] {
	if (item.kind === "fixed") return [item]
	if (item.kind === "heading") return [{ heading: item.title, at: { x: 0, y, w: COLUMNS, h: 1 } }]
	const w = COLUMNS / item.panels.length
	if (!Number.isInteger(w)) {
		throw new ObservatoryError("internal", `${item.panels.length} panels do not divide ${COLUMNS} columns evenly`, {
			advice: "Put 1, 2, 3, 4, 6 or 8 panels into a band.",
		})
	}
	return item.panels.map((panel, i) => ({ panel, at: { x: i * w, y, w, h: item.height } }))
}
