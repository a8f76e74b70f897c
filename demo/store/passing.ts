/**
 * SQLSTATE classes that say the statement itself is wrong or forbidden: cardinality, data, constraint, syntax or access.
 * Trying again would not help. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const LASTING = /^(21|22|23|42)/

/** True for a failure that may pass by itself: the server is away, starting, stopping, full, or the connection broke. */
export function isPassing(error: unknown): boolean {
	let current = error
	while (current instanceof Error) {
		// Our own mistakes, not the database's.
		if (current instanceof TypeError || current instanceof ReferenceError || current instanceof RangeError) return false
		const { code } = current as { code?: unknown }
		if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code)) return !LASTING.test(code)
		if (current.cause === undefined) return true
		current = current.cause
	}
	return false
}
