import { cleanText } from "../../../../core/lib/plain-text.ts"

/** Markup that is safe to send: every inserted text has been escaped. */
export class Html {
	readonly text: string
	constructor(text: string) {
		this.text = text
	}
}

type Piece = Html | string | number | false | null | undefined
export type Content = Piece | readonly Piece[]

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

/** Rows of earlier releases may have characters that the intake refuses by now. */
export const escapeText = (text: string): string =>
	cleanText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "")

/**
 * Markup as a template. Text is escaped, markup and lists of it are inserted unchanged, `false` and null insert
 * nothing.
 */
export function html(strings: TemplateStringsArray, ...values: Content[]): Html {
	return new Html(strings.reduce((sofar, string, i) => sofar + render(values[i - 1]) + string))
}

function render(value: Content): string {
	if (value === false || value === null || value === undefined) return ""
	if (value instanceof Html) return value.text
	if (typeof value === "object") return value.map(render).join("")
	return escapeText(String(value))
}

/** An address that is safe in a link, or undefined: labels and annotations come from outside. */
export function safeUrl(text: string | null | undefined): string | undefined {
	if (!text || !URL.canParse(text)) return undefined
	const { protocol, href } = new URL(text)
	return protocol === "http:" || protocol === "https:" ? href : undefined
}
