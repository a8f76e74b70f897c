CREATE SCHEMA IF NOT EXISTS "observatory";
--> statement-breakpoint
CREATE TABLE "observatory"."readers" (
	"name" text PRIMARY KEY NOT NULL,
	"position" jsonb NOT NULL,
	"advanced_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "observatory"."totals" (
	"reader" text NOT NULL,
	"series" text NOT NULL,
	"labels" text NOT NULL,
	"value" double precision NOT NULL,
	CONSTRAINT "totals_reader_series_labels_pk" PRIMARY KEY("reader","series","labels")
);
--> statement-breakpoint
CREATE TABLE "observatory"."inbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."inbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"channel" text NOT NULL,
	"digest" text NOT NULL,
	"status" text NOT NULL,
	"title" text NOT NULL,
	"body" jsonb NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"read_at" timestamp with time zone,
	CONSTRAINT "inbox_digest_unique" UNIQUE("digest")
);
--> statement-breakpoint
CREATE TABLE "observatory"."incident_timeline" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."incident_timeline_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"incident_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"actor" text NOT NULL,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "observatory"."incidents" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."incidents_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"fingerprint" text NOT NULL,
	"alertname" text NOT NULL,
	"severity" text NOT NULL,
	"status" text NOT NULL,
	"labels" jsonb NOT NULL,
	"annotations" jsonb NOT NULL,
	"generator_url" text,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone,
	"acknowledged_at" timestamp with time zone,
	"acknowledged_by" text,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "incidents_status" CHECK ("observatory"."incidents"."status" in ('firing', 'resolved'))
);
--> statement-breakpoint
CREATE TABLE "observatory"."claude_sessions" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."claude_sessions_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text NOT NULL,
	"source" text NOT NULL,
	"status" text NOT NULL,
	"model" text,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	"input_tokens" bigint DEFAULT 0 NOT NULL,
	"output_tokens" bigint DEFAULT 0 NOT NULL,
	"cache_read_tokens" bigint DEFAULT 0 NOT NULL,
	"cache_creation_tokens" bigint DEFAULT 0 NOT NULL,
	"cost_usd" numeric(14, 6) DEFAULT 0 NOT NULL,
	"error" text,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "claude_sessions_id_unique" UNIQUE("id"),
	CONSTRAINT "claude_sessions_status" CHECK ("observatory"."claude_sessions"."status" in ('initializing', 'running', 'paused', 'completed', 'failed', 'timeout', 'emergency_stopped'))
);
--> statement-breakpoint
CREATE TABLE "observatory"."events" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."events_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"type" text NOT NULL,
	"session_id" text,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "observatory"."improvements" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."improvements_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"session_id" text,
	"title" text NOT NULL,
	"status" text DEFAULT 'proposed' NOT NULL,
	"proposed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"validated_at" timestamp with time zone,
	"deployed_at" timestamp with time zone,
	"rolled_back_at" timestamp with time zone,
	"measured_at" timestamp with time zone,
	"performance_change" double precision,
	"cost_savings_usd" numeric(14, 6),
	CONSTRAINT "improvements_status" CHECK ("observatory"."improvements"."status" in ('proposed', 'validated', 'deployed', 'rolled_back', 'rejected'))
);
--> statement-breakpoint
CREATE TABLE "observatory"."insights" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."insights_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"session_id" text,
	"kind" text DEFAULT 'insight' NOT NULL,
	"category" text NOT NULL,
	"confidence" double precision NOT NULL,
	"summary" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "insights_kind" CHECK ("observatory"."insights"."kind" in ('insight', 'pattern')),
	CONSTRAINT "insights_confidence" CHECK ("observatory"."insights"."confidence" between 0 and 1)
);
--> statement-breakpoint
CREATE TABLE "observatory"."mcp_calls" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."mcp_calls_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"session_id" text,
	"server" text NOT NULL,
	"tool" text,
	"duration_seconds" double precision,
	"response_bytes" bigint,
	"error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "observatory"."outcomes" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."outcomes_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"before" double precision,
	"after" double precision NOT NULL,
	"measured_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "observatory"."recommendations" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."recommendations_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"session_id" text,
	"type" text NOT NULL,
	"confidence" double precision NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"decided_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "observatory"."reviews" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."reviews_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"improvement_seq" bigint,
	"status" text DEFAULT 'pending' NOT NULL,
	"reviewer" text,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"decided_at" timestamp with time zone,
	CONSTRAINT "reviews_status" CHECK ("observatory"."reviews"."status" in ('pending', 'approved', 'rejected'))
);
--> statement-breakpoint
CREATE TABLE "observatory"."rollbacks" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."rollbacks_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"improvement_seq" bigint,
	"trigger" text NOT NULL,
	"succeeded" boolean,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "rollbacks_trigger" CHECK ("observatory"."rollbacks"."trigger" in ('automatic', 'manual'))
);
--> statement-breakpoint
CREATE TABLE "observatory"."violations" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."violations_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"session_id" text,
	"kind" text NOT NULL,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"detected_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "violations_kind" CHECK ("observatory"."violations"."kind" in ('read_only', 'scope', 'resource_limit', 'timeout'))
);
--> statement-breakpoint
ALTER TABLE "observatory"."incident_timeline" ADD CONSTRAINT "incident_timeline_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "observatory"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "inbox_unread" ON "observatory"."inbox" USING btree ("received_at" DESC NULLS LAST) WHERE "observatory"."inbox"."read_at" is null;--> statement-breakpoint
CREATE INDEX "incident_timeline_incident" ON "observatory"."incident_timeline" USING btree ("incident_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "incidents_instance" ON "observatory"."incidents" USING btree ("fingerprint","starts_at");--> statement-breakpoint
CREATE INDEX "incidents_open" ON "observatory"."incidents" USING btree ("received_at" DESC NULLS LAST) WHERE "observatory"."incidents"."status" = 'firing';--> statement-breakpoint
CREATE INDEX "incidents_recent" ON "observatory"."incidents" USING btree ("starts_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "claude_sessions_started" ON "observatory"."claude_sessions" USING btree ("started_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "claude_sessions_open" ON "observatory"."claude_sessions" USING btree ("status") WHERE "observatory"."claude_sessions"."status" in ('initializing', 'running', 'paused');--> statement-breakpoint
CREATE INDEX "violations_session" ON "observatory"."violations" USING btree ("session_id");