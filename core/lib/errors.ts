import { printable } from "./plain-text.ts"

/** The stable codes of errors, for callers and documentation. */
export type ErrorCode =
	| "config_invalid"
	| "file_unreadable"
	| "port_taken"
	| "dependency_missing"
	| "database_unreachable"
	| "database_forbidden"
	| "database_wrong_schema"
	| "source_unreachable"
	| "source_rejected"
	| "source_malformed"
	| "timeout"
	| "bad_request"
	| "unauthorized"
	| "forbidden"
	| "not_found"
	| "conflict"
	| "gone"
	| "too_large"
	| "rate_limited"
	| "unavailable"
	| "internal"

/**
 * The only error class of the project. `message` names the attempt and the failure, `advice` the fix. Only entry points
 * turn it into an exit code or an HTTP status.
 */
export class ObservatoryError extends Error {
	override readonly name = "ObservatoryError"
	readonly code: ErrorCode
	readonly advice: string | undefined

	constructor(code: ErrorCode, message: string, options: { advice?: string; cause?: unknown } = {}) {
		super(message, options.cause === undefined ? undefined : { cause: options.cause })
		this.code = code
		this.advice = options.advice
	}
}

/** The message of a thrown value with its causes, on one line. It may quote foreign text. */
export const messageOf = (error: unknown): string => printable(fullMessage(error)).replace(/\s+/g, " ")

/** The message and the advice, for a line in a log. */
export function problemOf(error: unknown): { error: string; advice?: string } {
	const advice = error instanceof ObservatoryError ? error.advice : undefined
	return { error: messageOf(error), ...(advice ? { advice: printable(advice) } : {}) }
}

/** The message and the advice, for a person at a terminal. Never a stack trace. */
export function explain(error: unknown): string {
	const advice = error instanceof ObservatoryError ? error.advice : undefined
	const message = fullMessage(error)
	return printable(advice ? `${message}\n  → ${advice.replaceAll("\n", "\n    ")}` : message)
}

function fullMessage(error: unknown): string {
	if (!(error instanceof Error)) return String(error)
	const own = error instanceof AggregateError ? error.errors.map(fullMessage).join("; ") : error.message
	const below = error.cause === undefined ? "" : fullMessage(error.cause)
	return (below && !own.includes(below) ? `${own}: ${below}` : own) || error.name
}
