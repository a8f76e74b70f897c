import { styleText } from "node:util"

/** Text styles. */
export interface Paint {
	bold(text: string): string
	dim(text: string): string
	green(text: string): string
	yellow(text: string): string
	red(text: string): string
}

const as = (format: Parameters<typeof styleText>[0]) => (text: string) => (text === "" ? "" : styleText(format, text))

/** With a terminal's colours. */
export const coloured: Paint = {
	bold: as("bold"),
	dim: as("dim"),
	green: as("green"),
	yellow: as("yellow"),
	red: as("red"),
}

/** Without any escape code. */
export const plain: Paint = {
	bold: (text) => text,
	dim: (text) => text,
	green: (text) => text,
	yellow: (text) => text,
	red: (text) => text,
}

/** The first `columns` visible characters of a line; escape codes take no room and are kept to the end. */
export function truncate(line: string, columns: number): string {
	let room = columns
	// biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes start with one
	return line.replace(/(\u001b\[[0-9;]*m)|([^\u001b]+)/g, (_, code: string | undefined, text: string) => {
		if (code !== undefined) return code
		const kept = text.slice(0, room)
		room -= kept.length
		return kept
	})
}
