import { sql } from "drizzle-orm"
import { bigint, check, index, jsonb, text, uniqueIndex } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/** True positive: a real problem. False positive: no problem. Expected: on purpose, such as maintenance. */
export type Verdict = "true_positive" | "false_positive" | "expected"

/** One instance of an alert, from its first notification to its resolution. */
export const incidents = observatory.table(
	"incidents",
	{
		id: bigint("id", { mode: "number" }).generatedAlwaysAsIdentity().primaryKey(),
		/** Alertmanager's fingerprint of the label set; with `startsAt` it names one instance of one alert. */
		fingerprint: text("fingerprint").notNull(),
		alertname: text("alertname").notNull(),
		severity: text("severity").notNull(),
		status: text("status").notNull(),
		labels: jsonb("labels").$type<Record<string, string>>().notNull(),
		annotations: jsonb("annotations").$type<Record<string, string>>().notNull(),
		generatorUrl: text("generator_url"),
		startsAt: instant("starts_at").notNull(),
		endsAt: instant("ends_at"),
		receivedAt: instant("received_at").notNull().defaultNow(),
		resolvedAt: instant("resolved_at"),
		acknowledgedAt: instant("acknowledged_at"),
		acknowledgedBy: text("acknowledged_by"),
		/** A person's verdict. */
		verdict: text("verdict").$type<Verdict>(),
		verdictNote: text("verdict_note"),
		verdictBy: text("verdict_by"),
		verdictAt: instant("verdict_at"),
		/** Time at which its durations were counted, after its resolution. */
		countedAt: instant("counted_at"),
		updatedAt: instant("updated_at").notNull().defaultNow(),
	},
	(t) => [
		check("incidents_status", sql`${t.status} in ('firing', 'resolved')`),
		uniqueIndex("incidents_instance").on(t.fingerprint, t.startsAt),
		index("incidents_open").on(t.receivedAt.desc()).where(sql`${t.status} = 'firing'`),
		check("incidents_verdict", sql`${t.verdict} in ('true_positive', 'false_positive', 'expected')`),
		index("incidents_uncounted").on(t.id).where(sql`${t.status} = 'resolved' and ${t.countedAt} is null`),
		index("incidents_with_verdict").on(t.verdictAt).where(sql`${t.verdict} is not null`),
		index("incidents_recent").on(t.startsAt.desc()),
	],
)

/** The events of an incident, in order. */
export const incidentTimeline = observatory.table(
	"incident_timeline",
	{
		id: bigint("id", { mode: "number" }).generatedAlwaysAsIdentity().primaryKey(),
		incidentId: bigint("incident_id", { mode: "number" })
			.notNull()
			.references(() => incidents.id),
		/** fired, received, acknowledged, resolved, … */
		kind: text("kind").notNull(),
		actor: text("actor").notNull(),
		details: jsonb("details").$type<Record<string, unknown>>().notNull().default({}),
		at: instant("at").notNull().defaultNow(),
	},
	(t) => [index("incident_timeline_incident").on(t.incidentId, t.id)],
)

/** Notifications for channels that are not configured; people read them on the console. */
export const inbox = observatory.table(
	"inbox",
	{
		id: bigint("id", { mode: "number" }).generatedAlwaysAsIdentity().primaryKey(),
		channel: text("channel").notNull(),
		/** Digest of channel, group and alerts, so that a retried notification is one message. */
		digest: text("digest").notNull().unique(),
		status: text("status").notNull(),
		title: text("title").notNull(),
		body: jsonb("body").$type<Record<string, unknown>>().notNull(),
		receivedAt: instant("received_at").notNull().defaultNow(),
		readAt: instant("read_at"),
	},
	(t) => [
		index("inbox_unread").on(t.receivedAt.desc()).where(sql`${t.readAt} is null`),
		index("inbox_received").on(t.receivedAt),
	],
)
