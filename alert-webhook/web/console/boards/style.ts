import { cssColour, inkOn } from "../../../domain/boards/colours.ts"
import { type Board, panelsOf } from "../../../domain/boards/model.ts"

/** The class of a colour in a board's stylesheet: the console's policy forbids styles inside of pages. */
export const colourClass = (colour: string | undefined): string => {
	const css = cssColour(colour)
	return css === undefined ? "" : ` tinted k-${css.replace(/[^\w]+/g, "-")}`
}

/** A board's stylesheet: where its panels are, and its colours. On a phone the panels are below one another. */
export function boardStyle(board: Board): string {
	const colours = new Set<string>()
	collectColours(board, colours)
	const tints = [...colours].map((css) => `.k-${css.replace(/[^\w]+/g, "-")}{--k:${css};--k-ink:${inkOn(css)}}`)
	const places = panelsOf(board).map(({ id, gridPos: { x, w, h } }) => {
		const whole = (n: number, most: number) => Math.min(most, Math.max(1, Math.round(n)))
		return `#panel-${whole(id, 1e15)}{grid-column:${whole(x + 1, 24)}/span ${whole(w, 24)};grid-row:span ${whole(h, 60)}}`
	})
	return `${tints.join("\n")}\n@media(min-width:56rem){${places.join("\n")}}\n`
}

function collectColours(value: unknown, into: Set<string>): void {
	if (Array.isArray(value)) for (const one of value) collectColours(one, into)
	else if (typeof value === "object" && value !== null)
		for (const [name, one] of Object.entries(value)) {
			const css = (name === "color" || name === "fixedColor") && typeof one === "string" ? cssColour(one) : undefined
			if (css !== undefined) into.add(css)
			else collectColours(one, into)
		}
}
