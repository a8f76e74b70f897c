import { sql } from "drizzle-orm"
import { bigint, boolean, check, index, integer, jsonb, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core"
import { incidents } from "./incidents.ts"
import { instant, observatory } from "./namespace.ts"

/** How far an action may go by itself: shadow only writes down what it would do, approve waits for a person. */
export const remediationPolicies = observatory.table(
	"remediation_policies",
	{
		action: text("action").notNull(),
		/** What it applies to; `*` is everything that has no row of its own. */
		target: text("target").notNull().default("*"),
		mode: text("mode").$type<"shadow" | "approve" | "auto">().notNull(),
		cooldownSeconds: integer("cooldown_seconds").notNull(),
		maxPerHour: integer("max_per_hour").notNull(),
		maxPerDay: integer("max_per_day").notNull(),
		/** Failures in a row that open the circuit breaker. */
		breakerFailures: integer("breaker_failures").notNull(),
		/** Failures before this do not count any more. */
		breakerResetAt: instant("breaker_reset_at"),
		updatedBy: text("updated_by").notNull(),
		updatedAt: instant("updated_at").notNull().defaultNow(),
	},
	(t) => [
		primaryKey({ columns: [t.action, t.target] }),
		check("remediation_policies_mode", sql`${t.mode} in ('shadow', 'approve', 'auto')`),
	],
)

/** One attempt, or why there was none. At most one for an incident and an action. */
export const remediations = observatory.table(
	"remediations",
	{
		id: bigint("id", { mode: "number" }).generatedAlwaysAsIdentity().primaryKey(),
		incidentId: bigint("incident_id", { mode: "number" })
			.notNull()
			.references(() => incidents.id),
		action: text("action").notNull(),
		/** What it acts on; empty when nothing could be made out. */
		target: text("target").notNull(),
		state: text("state").notNull(),
		/** The named reason of the decision or of the end. */
		reason: text("reason"),
		/** What it does, or would do, step by step. */
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

/** Whether anything may be done by itself at all. One row, which decisions lock: two replicas decide one after the other. */
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
}

/** What autonomous sessions may do right now. One row. Only a person brings it back to `run`. */
export const control = observatory.table(
	"control",
	{
		only: boolean("only").primaryKey().default(true),
		state: text("state").$type<"run" | "pause" | "stop">().notNull(),
		/** Grows with every change. */
		revision: bigint("revision", { mode: "number" }).notNull(),
		reason: text("reason").notNull(),
		/** The sessions that pauses have held, or are about to, and that go on as soon as the state is `run`. */
		pausedSessions: jsonb("paused_sessions").$type<readonly string[]>().notNull().default([]),
		changedBy: text("changed_by").notNull(),
		changedAt: instant("changed_at").notNull().defaultNow(),
		/** The last revision that the GitHub workflow agrees with. */
		workflowRevision: bigint("workflow_revision", { mode: "number" }).notNull().default(0),
		/** A stop has disabled the workflow, or is about to: its release enables it again. */
		workflowDisabled: boolean("workflow_disabled").notNull().default(false),
		/** What does not follow the state yet, and what helps, in words for people. */
		pending: jsonb("pending").$type<Pending>().notNull().default({ sessions: [], workflow: [] }),
	},
	(t) => [check("control_only", sql`${t.only}`), check("control_state", sql`${t.state} in ('run', 'pause', 'stop')`)],
)

/** What we tell people through Alertmanager, told again and again like an alert until it is over. */
export const pages = observatory.table(
	"pages",
	{
		id: bigint("id", { mode: "number" }).generatedAlwaysAsIdentity().primaryKey(),
		incidentId: bigint("incident_id", { mode: "number" }).references(() => incidents.id),
		/** One page with a key, ever. */
		key: text("key").notNull().unique(),
		kind: text("kind").notNull(),
		labels: jsonb("labels").$type<Record<string, string>>().notNull(),
		annotations: jsonb("annotations").$type<Record<string, string>>().notNull(),
		startsAt: instant("starts_at").notNull(),
		/** When Alertmanager first took it. */
		sentAt: instant("sent_at"),
		endedAt: instant("ended_at"),
	},
	(t) => [
		index("pages_open").on(t.id).where(sql`${t.endedAt} is null`),
		index("pages_ended").on(t.endedAt),
		index("pages_incident").on(t.incidentId),
	],
)

/** The job workers that are alive; a job whose worker is not is given back. */
export const jobWorkers = observatory.table("job_workers", {
	id: text("id").primaryKey(),
	seenAt: instant("seen_at").notNull(),
})
