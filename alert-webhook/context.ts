import type { Prometheus } from "../core/clients/prometheus.ts"
import type { Database } from "../core/db/client.ts"
import type { Clock } from "../core/lib/clock.ts"
import type { Logger } from "../core/lib/log.ts"
import type { Alertmanager } from "./clients/alertmanager.ts"
import type { BoardDatabase } from "./clients/board-database.ts"
import type { BoardFiles } from "./clients/board-files.ts"
import type { Brake } from "./clients/brakes/brake.ts"
import type { CompiledAlerts } from "./clients/compiled-alerts.ts"
import type { GitHubWorkflow } from "./clients/github.ts"
import type { SessionProcesses } from "./clients/processes/session-processes.ts"
import type { Restarters } from "./clients/restarters/config.ts"
import type { ProgramEnv } from "./clients/restarters/restart.ts"
import type { SeenSessions } from "./clients/seen-sessions.ts"
import type { Sessions } from "./clients/sessions.ts"
import type { Silences } from "./clients/silences.ts"
import type { ApprovalRules } from "./domain/approvals.ts"
import type { CrashHook } from "./domain/crash-points.ts"
import type { Policies } from "./domain/escalation/policies.ts"
import type { UnsavedStop } from "./domain/unsaved-stop.ts"
import type { Metrics } from "./metrics.ts"

/** The other programs that the receiver uses. */
export interface Clients {
	readonly prometheus: Prometheus
	/** The alerts that Prometheus has loaded. */
	readonly compiledAlerts: CompiledAlerts
	readonly alertmanager: Alertmanager
	readonly silences: Silences
	/** The autonomous sessions, in the monitored database. */
	readonly sessions: Sessions
	/** Every session that a database, transcripts or telemetry show at work. */
	readonly seenSessions: SeenSessions
	/** The boards, as files. */
	readonly boardFiles: BoardFiles
	/** The database that boards read; undefined when none is configured. */
	readonly boardDatabase: BoardDatabase | undefined
	/** The database with stored spans and log records, for boards; undefined when none is configured. */
	readonly telemetryDatabase: BoardDatabase | undefined
	/** The workflow that starts autonomous sessions; undefined when none is configured. */
	readonly workflow: GitHubWorkflow | undefined
	/** The limits at the model's side that a stop sets to zero. */
	readonly brakes: readonly Brake[]
	/** The processes of sessions on this host; undefined when a stop ends none. */
	readonly sessionProcesses: SessionProcesses | undefined
}

/** Settings of the operator. Times in milliseconds. */
export interface Settings {
	/** The console's address. */
	readonly consoleUrl: string
	/** The key that signs links in notifications. */
	readonly linkKey: Buffer
	/** The key of session digests: a new one ends all sessions. */
	readonly sessionKey: string
	/** The restart targets by name. */
	readonly restarters: Restarters
	/** The environment of the programs that restart them. */
	readonly programEnv: ProgramEnv
	/** The escalation policies. */
	readonly policies: Policies
	/** Channels of pages about the response itself. */
	readonly criticalChannels: readonly string[]
	/** How often, and for how long, an action's effect is checked. */
	readonly verifyEveryMs: number
	readonly verifyForMs: number
	/** The time limit of an action. */
	readonly actionTimeoutMs: number
	/** The file that the gate's hook reads on this host. */
	readonly gateFlag: string
	/** The name of this host among those with a gate. */
	readonly gateHost: string
	/** The rules for tool calls that need a person; undefined when none does. */
	readonly approvalRules: ApprovalRules | undefined
	/** The key of the challenges that gates answer. */
	readonly challengeKey: Buffer
	/** Gates are challenged: those of this host, of other hosts, or both. */
	readonly challenges: boolean
	/** The file in which the local runner says how its parts are. */
	readonly runnerStatus: string
}

/** What every verb of this room works with. Built once, in `main.ts` or by a test. */
export interface Context {
	readonly db: Database
	readonly clock: Clock
	readonly log: Logger
	readonly metrics: Metrics
	readonly clients: Clients
	readonly settings: Settings
	/** The emergency stop that is active here before the database has it. */
	readonly unsavedStop: UnsavedStop
	/** When this process started, in milliseconds since the epoch. */
	readonly startedAt: number
	/** Called at each crash point; tests kill the process there. */
	readonly reached: CrashHook
}

export type { Transaction } from "../core/db/client.ts"
