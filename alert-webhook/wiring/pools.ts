import type pg from "pg"
import { createPool, type DatabaseOptions } from "../../core/db/client.ts"
import type { Lifecycle } from "../../core/lib/lifecycle.ts"
import type { WebhookEnvironment } from "../config.ts"

/** The databases with autonomous sessions; `source` is the monitored one, if it is another one. */
export interface SessionPools {
	readonly own: pg.Pool
	readonly source?: pg.Pool
}

/** Connections by their use: none of these waits for another one. */
export interface Pools {
	readonly main: pg.Pool
	/** Stores notifications, which the console must not delay. */
	readonly intake: pg.Pool
	readonly jobs: pg.Pool
	/** Stops, pauses and resumes sessions. */
	readonly control: SessionPools
	/** Reads who works. A stop must not wait for it. */
	readonly seenSessions: SessionPools
	/** Undefined when boards have no database. */
	readonly boards: pg.Pool | undefined
}

/** Creates every pool; they close when the process ends. */
export function createPools(config: WebhookEnvironment, life: Pick<Lifecycle, "onClose">): Pools {
	const pool = (url: string, what: string, options: Omit<DatabaseOptions, "applicationName">) => {
		const made = createPool(url, { applicationName: `mcp-observatory ${what}`, ...options })
		life.onClose(`the connections of ${what}`, () => made.end())
		return made
	}
	const { DATABASE_URL: own, SOURCE_DATABASE_URL: source = own, BOARDS_DATABASE_URL: boards } = config
	const sessionPool = (url: string) => pool(url, "control", { max: 2, statementTimeoutMs: 5_000 })
	const sessionPools = (): SessionPools => ({
		own: sessionPool(own),
		...(source === own ? {} : { source: sessionPool(source) }),
	})
	return {
		main: pool(own, "alert-webhook", { max: 10 }),
		intake: pool(own, "intake", { max: 1, pipeline: true }),
		jobs: pool(own, "jobs", { max: 6 }),
		control: sessionPools(),
		seenSessions: sessionPools(),
		boards: boards === undefined ? undefined : pool(boards, "boards", { max: 2, statementTimeoutMs: 5_000 }),
	}
}
