import type pg from "pg"

/** An outage that begins this long after a shortage is not put down to it. */
const REMEMBERED_MS = 300_000

const LAST = Symbol("the server's last error before this one")

/** The shortage that the server reported before it went away with this error; undefined without one. */
export function shortageBefore(error: unknown): object | undefined {
	for (let current = error; current instanceof Error; current = current.cause)
		if (LAST in current && typeof current[LAST] === "object" && current[LAST] !== null) return current[LAST]
	return undefined
}

/**
 * A server whose disk is full says so in one error, ends, and from then on only refuses connections. This remembers the
 * last shortage of a pool's server (disk, memory, connections, limits) and adds it to the errors of the outage after it,
 * until a connection succeeds.
 */
export function rememberShortages(
	pool: pg.Pool,
	now: () => number = () => performance.now(),
): (error: unknown) => void {
	let last: { readonly error: object; readonly at: number } | undefined
	let away = false
	const note = (error: unknown) => {
		if (typeof error !== "object" || error === null) return
		const code = "code" in error && typeof error.code === "string" ? error.code : ""
		if (code.startsWith("53")) {
			last = { error, at: now() }
			away = false
		} else if (last !== undefined && isOutage(error, code) && (away || now() - last.at <= REMEMBERED_MS)) {
			away = true
			Object.assign(error, { [LAST]: last.error })
		}
	}
	const observe = (target: { query: unknown }) => {
		const query = (target.query as (...args: unknown[]) => unknown).bind(target)
		target.query = (...args: unknown[]) => {
			const answer = query(...args)
			if (answer instanceof Promise) answer.catch(note)
			return answer
		}
	}
	observe(pool)
	pool.on("connect", (client) => {
		if (away) last = undefined
		away = false
		observe(client)
		client.on("error", note)
	})
	return note
}

const isOutage = (error: object, code: string): boolean =>
	/^(08|57P|ECONN|EPIPE$)/.test(code) || (error instanceof Error && error.message.startsWith("Connection terminated"))
