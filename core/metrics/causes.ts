import { messageOf, ObservatoryError } from "../lib/errors.ts"
import type { Outage } from "../lib/periodic.ts"

/**
 * Reports one cause once, however many collectors it stops: the first one that fails for it is logged, and the last one
 * that recovers from it.
 */
export class Causes {
	readonly #failing = new Map<string, Set<string>>()

	/** What one collector asks before it logs. */
	of(name: string): Outage {
		let cause: string | undefined
		return {
			isNew: (error) => {
				cause = causeOf(error)
				const same = this.#failing.get(cause) ?? new Set()
				this.#failing.set(cause, same.add(name))
				return same.size === 1
			},
			isLast: () => {
				const same = this.#failing.get(cause ?? "")
				same?.delete(name)
				return same === undefined || same.size === 0
			},
		}
	}
}

/**
 * `Reading sessions (totals): PostgreSQL is starting` is that of every view, and of our totals, which are elsewhere. Of a
 * server that cannot work the driver's words do not matter: a full disk names another file each time.
 */
const causeOf = (error: unknown): string =>
	(isOfServer(error) ? error.message : messageOf(error)).replace(/^(?:Reading|Adding|Counting|Comparing) [^:(]*/, "")

const isOfServer = (error: unknown): error is ObservatoryError =>
	error instanceof ObservatoryError && error.code === "database_unreachable"
