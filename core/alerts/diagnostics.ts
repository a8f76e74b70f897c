/** What a diagnostic may be about; stable, so that people can search for it and tools can filter by it. */
type DiagnosticId =
	| "file-too-large"
	| "yaml-syntax"
	| "yaml-alias"
	| "empty-file"
	| "invalid-field"
	| "unknown-field"
	| "missing-field"
	| "duplicate-name"
	| "condition-syntax"
	| "condition-too-deep"
	| "unknown-path"
	| "unknown-function"
	| "unknown-parameter"
	| "unused-parameter"
	| "unknown-state"
	| "unknown-event"
	| "not-a-condition"
	| "not-a-number"
	| "unit-mismatch"
	| "wrong-arguments"
	| "wildcard-outside"
	| "wildcard-missing"
	| "wildcard-mixed"
	| "nested-quantifier"
	| "no-counter"
	| "no-histogram"
	| "no-volume"
	| "constant-condition"
	| "cumulative-value"
	| "not-scored"
	| "slow-detection"
	| "missing-runbook"
	| "unknown-channel"
	| "unconfigured-channel"
	| "unknown-alert"
	| "unknown-placeholder"
	| "promql-syntax"
	| "promql-rejected"
	| "unknown-series"
	| "parameter-default"

/** An error keeps every output file as it was; a warning and an info do not. */
type DiagnosticSeverity = "error" | "warning" | "info"

/** Lines and columns count from 1; `length` is in characters and stays on the line. */
export interface Position {
	readonly line: number
	readonly column: number
	readonly length: number
}

/** One thing to tell the file's author. Data only; `report/` turns it into text, JSON or annotations. */
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
