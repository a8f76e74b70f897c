import { sql } from "drizzle-orm"
import {
	boolean,
	customType,
	doublePrecision,
	index,
	jsonb,
	primaryKey,
	smallint,
	text,
	uuid,
} from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

const bytea = customType<{ data: Buffer }>({ dataType: () => "bytea" })

/** What spans and log records are searched by. */
const searched = () => ({
	service: text("service"),
	session: text("session"),
	tool: text("tool"),
	server: text("server"),
	model: text("model"),
	attributes: jsonb("attributes").notNull(),
})

/**
 * Received spans, partitioned by `started_at` (migration 0035; drizzle does not know of partitions). The key makes a write
 * that is retried harmless.
 */
export const spans = observatory.table(
	"spans",
	{
		startedAt: instant("started_at").notNull(),
		traceId: bytea("trace_id").notNull(),
		spanId: bytea("span_id").notNull(),
		/** Null for the first span of a trace. */
		parentSpanId: bytea("parent_span_id"),
		name: text("name").notNull(),
		/** SpanKind of OTLP. */
		kind: smallint("kind").notNull(),
		/** Seconds; null when the sender gives no end. */
		duration: doublePrecision("duration"),
		failed: boolean("failed").notNull(),
		/** The message of the status, else of the exception. */
		error: text("error"),
		...searched(),
	},
	(t) => [
		primaryKey({ columns: [t.traceId, t.spanId, t.startedAt] }),
		index("spans_started").on(t.startedAt),
		index("spans_duration").on(t.duration),
		index("spans_failed").on(t.startedAt).where(sql`failed`),
		index("spans_session").on(t.session, t.startedAt).where(sql`session is not null`),
		index("spans_tool").on(t.tool, t.startedAt).where(sql`tool is not null`),
		index("spans_server").on(t.server, t.startedAt).where(sql`server is not null`),
	],
)

/** Received log records, partitioned by `recorded_at` (migration 0035). */
export const logRecords = observatory.table(
	"log_records",
	{
		recordedAt: instant("recorded_at").notNull(),
		/** Given by us, so that a write that is retried is harmless. */
		id: uuid("id").notNull(),
		traceId: bytea("trace_id"),
		spanId: bytea("span_id"),
		/** SeverityNumber of OTLP: 1 to 24, 0 when the sender gives none. */
		severity: smallint("severity").notNull(),
		/** By its severity, its attributes or its event's name. */
		failed: boolean("failed").notNull(),
		event: text("event").notNull(),
		body: text("body"),
		...searched(),
	},
	(t) => [
		primaryKey({ columns: [t.id, t.recordedAt] }),
		index("log_records_recorded").on(t.recordedAt),
		index("log_records_failed").on(t.recordedAt).where(sql`failed`),
		index("log_records_trace").on(t.traceId).where(sql`trace_id is not null`),
		index("log_records_session").on(t.session, t.recordedAt).where(sql`session is not null`),
	],
)
