import type { Prometheus } from "../core/clients/prometheus.ts"
import type { Database } from "../core/db/client.ts"
import type { Clock } from "../core/lib/clock.ts"
import type { Logger } from "../core/lib/log.ts"
import type { Alertmanager } from "./clients/alertmanager.ts"
import type { GitHubWorkflow } from "./clients/github.ts"
import type { Restarters } from "./clients/restarters/config.ts"
import type { ProgramEnv } from "./clients/restarters/restart.ts"
import type { Sessions } from "./clients/sessions.ts"
import type { Silences } from "./clients/silences.ts"
import type { CrashHook } from "./domain/crash-points.ts"
import type { Policies } from "./domain/escalation/policies.ts"
import type { Metrics } from "./metrics.ts"

/** The programs outside that the receiver asks and tells. */
export interface Clients {
	readonly prometheus: Prometheus
	readonly alertmanager: Alertmanager
	readonly silences: Silences
	/** The autonomous sessions, in the monitored database. */
	readonly sessions: Sessions
	/** The workflow that starts autonomous sessions; undefined when none is configured. */
	readonly workflow: GitHubWorkflow | undefined
}

/** What may be set without changing code. Times in milliseconds. */
export interface Settings {
	/** Where people reach the console. */
	readonly consoleUrl: string
	/** What links in notifications are signed with. */
	readonly linkKey: Buffer
	/** What sessions of the console are kept under: changing it ends them all. */
	readonly sessionKey: string
	/** What remediations may pull, by the name of what it restarts. */
	readonly restarters: Restarters
	/** What programs that they run learn of our environment. */
	readonly programEnv: ProgramEnv
	/** Who is told when nobody takes an incident. */
	readonly policies: Policies
	/** Channels that are told when something went wrong with the response itself. */
	readonly criticalChannels: readonly string[]
	/** How often, and for how long, an action's effect is looked for. */
	readonly verifyEveryMs: number
	readonly verifyForMs: number
	/** The most time that an action may take. */
	readonly actionTimeoutMs: number
}

/** What every verb of this room works with. Built once, in `main.ts` or by a test. */
export interface Context {
	readonly db: Database
	readonly clock: Clock
	readonly log: Logger
	readonly metrics: Metrics
	readonly clients: Clients
	readonly settings: Settings
	/** Called at each crash point; tests let the process die there. */
	readonly reached: CrashHook
}

export type { Transaction } from "../core/db/client.ts"
