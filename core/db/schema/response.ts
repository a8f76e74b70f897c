import { sql } from "drizzle-orm"
import { bigint, boolean, check, index, integer, jsonb, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core"
import { incidents } from "./incidents.ts"
import { instant, observatory } from "./namespace.ts"

/** The mode of an action: shadow only records it, approve waits for a person, auto executes it. */
export const remediationPolicies = observatory.table(
	"remediation_policies",
	{
		action: text("action").notNull(),
		/** Its action; `*` for every action without a row of its own. */
		target: text("target").notNull().default("*"),
		mode: text("mode").$type<"shadow" | "approve" | "auto">().notNull(),
		cooldownSeconds: integer("cooldown_seconds").notNull(),
		maxPerHour: integer("max_per_hour").notNull(),
		maxPerDay: integer("max_per_day").notNull(),
		/** Failures in a row that open the circuit breaker. */
		breakerFailures: integer("breaker_failures").notNull(),
		/** Failures before this time do not count. */
		breakerResetAt: instant("breaker_reset_at"),
		updatedBy: text("updated_by").notNull(),
		updatedAt: instant("updated_at").notNull().defaultNow(),
	},
	(t) => [
		primaryKey({ columns: [t.action, t.target] }),
		check("remediation_policies_mode", sql`${t.mode} in ('shadow', 'approve', 'auto')`),
	],
)

/** One attempt of an action, or the reason why there was none. At most one for an incident and an action. */
export const remediations = observatory.table(
	"remediations",
	{
		id: bigint("id", { mode: "number" }).generatedAlwaysAsIdentity().primaryKey(),
		incidentId: bigint("incident_id", { mode: "number" })
			.notNull()
			.references(() => incidents.id),
		action: text("action").notNull(),
		/** Its target; empty when none was found. */
		target: text("target").notNull(),
		state: text("state").notNull(),
		/** The reason of the decision or of the result. */
		reason: text("reason"),
		/** Its steps, executed or planned. */
		plan: jsonb("plan").$type<readonly string[]>().notNull(),
		result: jsonb("result").$type<Record<string, unknown>>(),
		proposedAt: instant("proposed_at").notNull(),
		decidedBy: text("decided_by"),
		startedAt: instant("started_at"),
		verifyUntil: instant("verify_until"),
		endedAt: instant("ended_at"),
	},
	(t) => [
		check(
			"remediations_state",
			sql`${t.state} in ('withheld', 'shadowed', 'awaiting_approval', 'refused', 'expired', 'approved', 'running', 'verifying', 'succeeded', 'failed')`,
		),
		uniqueIndex("remediations_once").on(t.incidentId, t.action),
		uniqueIndex("remediations_one_at_a_time")
			.on(t.action, t.target)
			.where(sql`${t.state} in ('approved', 'running', 'verifying')`),
		index("remediations_history").on(t.action, t.target, t.startedAt.desc()),
		index("remediations_recent").on(t.proposedAt.desc()),
	],
)

/** The switch of all remediation. One row, which decisions lock, so that two replicas decide one after the other. */
export const automation = observatory.table(
	"automation",
	{
		only: boolean("only").primaryKey().default(true),
		pausedAt: instant("paused_at"),
		pausedBy: text("paused_by"),
	},
	(t) => [check("automation_only", sql`${t.only}`)],
)

export interface Pending {
	readonly sessions: readonly string[]
	readonly workflow: readonly string[]
	readonly brakes: readonly string[]
	/** Sessions' processes that do not end, each line with its host; absent where a stop ends none. */
	readonly processes?: readonly string[]
	/** No problems: the sessions that get the state from the gate only. */
	readonly gateOnly: readonly string[]
}

/** The control state of autonomous sessions. One row. Only a person sets it back to `run`. */
export const control = observatory.table(
	"control",
	{
		only: boolean("only").primaryKey().default(true),
		state: text("state").$type<"run" | "pause" | "stop">().notNull(),
		/** Grows with every change. */
		revision: bigint("revision", { mode: "number" }).notNull(),
		reason: text("reason").notNull(),
		/** Sessions that pauses have paused or are about to pause; they resume when the state is `run`. */
		pausedSessions: jsonb("paused_sessions").$type<readonly string[]>().notNull().default([]),
		changedBy: text("changed_by").notNull(),
		changedAt: instant("changed_at").notNull().defaultNow(),
		/** The last revision that was applied to the GitHub workflow. */
		workflowRevision: bigint("workflow_revision", { mode: "number" }).notNull().default(0),
		/** True when a stop has disabled the workflow or is about to; its release enables it again. */
		workflowDisabled: boolean("workflow_disabled").notNull().default(false),
		/** Targets to which the state is not applied yet, with advice for people. */
		pending: jsonb("pending")
			.$type<Pending>()
			.notNull()
			.default({ sessions: [], workflow: [], brakes: [], gateOnly: [] }),
	},
	(t) => [check("control_only", sql`${t.only}`), check("control_state", sql`${t.state} in ('run', 'pause', 'stop')`)],
)

/**
 * The limits at the model's side that a stop has set to zero or is about to. A row exists from before the change until
 * the limit is restored.
 */
export const brakes = observatory.table("brakes", {
	/** Its name in BRAKES_CONFIG. */
	name: text("name").primaryKey(),
	/** The limit before the stop. */
	former: jsonb("former").$type<{ absent: true } | { absent?: false; amount: unknown }>().notNull(),
	/** The limit was zero when it was read after the change. */
	closed: boolean("closed").notNull().default(false),
})

/** Pages to people through Alertmanager, repeated like an alert until they end. */
export const pages = observatory.table(
	"pages",
	{
		id: bigint("id", { mode: "number" }).generatedAlwaysAsIdentity().primaryKey(),
		incidentId: bigint("incident_id", { mode: "number" }).references(() => incidents.id),
		/** Unique for all time: a key is paged once. */
		key: text("key").notNull().unique(),
		kind: text("kind").notNull(),
		labels: jsonb("labels").$type<Record<string, string>>().notNull(),
		annotations: jsonb("annotations").$type<Record<string, string>>().notNull(),
		startsAt: instant("starts_at").notNull(),
		/** Time at which Alertmanager first accepted it. */
		sentAt: instant("sent_at"),
		endedAt: instant("ended_at"),
	},
	(t) => [
		index("pages_open").on(t.id).where(sql`${t.endedAt} is null`),
		index("pages_ended").on(t.endedAt),
		index("pages_incident").on(t.incidentId),
	],
)

/** The running job workers; jobs of dead workers are released. */
export const jobWorkers = observatory.table("job_workers", {
	id: text("id").primaryKey(),
	seenAt: instant("seen_at").notNull(),
})
