import type { DiagnosticId, DiagnosticSeverity } from "./diagnostic-ids.ts"

/** Lines and columns count from 1; `length` is in characters and stays on the line. */
export interface Position {
	readonly line: number
	readonly column: number
	readonly length: number
}

/** One message to the file's author. Data only; `report/` turns it into text, JSON or annotations. */
export interface Diagnostic {
	readonly id: DiagnosticId
	readonly severity: DiagnosticSeverity
	readonly message: string
	readonly position: Position
	/** What would have been right there. */
	readonly expected?: string
	/** What the reader can do, often the nearest known name. */
	readonly hint?: string
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
	diagnostics.some(({ severity }) => severity === "error")

/** In the order in which the file is read. */
export const inFileOrder = (diagnostics: readonly Diagnostic[]): Diagnostic[] =>
	[...diagnostics].sort((a, b) => a.position.line - b.position.line || a.position.column - b.position.column)
