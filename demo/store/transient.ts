/**
 * SQLSTATE classes of a wrong or forbidden statement: cardinality, data, constraint, syntax or access. A retry cannot
 * succeed. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const PERMANENT = /^(21|22|23|42)/

/** True for a failure that a retry may cure: the server is unreachable, starts, stops, is full, or the connection broke. */
export function isTransient(error: unknown): boolean {
	let current = error
	while (current instanceof Error) {
		// Errors of our own code, not of the database.
		if (current instanceof TypeError || current instanceof ReferenceError || current instanceof RangeError) return false
		const { code } = current as { code?: unknown }
		if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code)) return !PERMANENT.test(code)
		if (current.cause === undefined) return true
		current = current.cause
	}
	return false
}
