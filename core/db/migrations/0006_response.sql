CREATE TABLE "observatory"."automation" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"paused_at" timestamp with time zone,
	"paused_by" text,
	CONSTRAINT "automation_only" CHECK ("observatory"."automation"."only")
);
--> statement-breakpoint
CREATE TABLE "observatory"."control" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"state" text NOT NULL,
	"revision" bigint NOT NULL,
	"reason" text NOT NULL,
	"paused_sessions" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"changed_by" text NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "control_only" CHECK ("observatory"."control"."only"),
	CONSTRAINT "control_state" CHECK ("observatory"."control"."state" in ('run', 'pause', 'stop'))
);
--> statement-breakpoint
CREATE TABLE "observatory"."job_workers" (
	"id" text PRIMARY KEY NOT NULL,
	"seen_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "observatory"."notices" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."notices_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"incident_id" bigint,
	"key" text NOT NULL,
	"kind" text NOT NULL,
	"labels" jsonb NOT NULL,
	"annotations" jsonb NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"sent_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "notices_key_unique" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "observatory"."remediation_policies" (
	"action" text NOT NULL,
	"target" text DEFAULT '*' NOT NULL,
	"mode" text NOT NULL,
	"cooldown_seconds" integer NOT NULL,
	"max_per_hour" integer NOT NULL,
	"max_per_day" integer NOT NULL,
	"breaker_failures" integer NOT NULL,
	"breaker_reset_at" timestamp with time zone,
	"updated_by" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "remediation_policies_action_target_pk" PRIMARY KEY("action","target"),
	CONSTRAINT "remediation_policies_mode" CHECK ("observatory"."remediation_policies"."mode" in ('shadow', 'approve', 'auto'))
);
--> statement-breakpoint
CREATE TABLE "observatory"."remediations" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."remediations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"incident_id" bigint NOT NULL,
	"action" text NOT NULL,
	"target" text NOT NULL,
	"state" text NOT NULL,
	"reason" text,
	"plan" jsonb NOT NULL,
	"result" jsonb,
	"proposed_at" timestamp with time zone NOT NULL,
	"decided_by" text,
	"started_at" timestamp with time zone,
	"verify_until" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "remediations_state" CHECK ("observatory"."remediations"."state" in ('withheld', 'shadowed', 'awaiting_approval', 'refused', 'expired', 'approved', 'running', 'verifying', 'succeeded', 'failed'))
);
--> statement-breakpoint
ALTER TABLE "observatory"."notices" ADD CONSTRAINT "notices_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "observatory"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "observatory"."remediations" ADD CONSTRAINT "remediations_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "observatory"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "notices_open" ON "observatory"."notices" USING btree ("id") WHERE "observatory"."notices"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "notices_ended" ON "observatory"."notices" USING btree ("ended_at");--> statement-breakpoint
CREATE INDEX "notices_incident" ON "observatory"."notices" USING btree ("incident_id");--> statement-breakpoint
CREATE UNIQUE INDEX "remediations_once" ON "observatory"."remediations" USING btree ("incident_id","action");--> statement-breakpoint
CREATE UNIQUE INDEX "remediations_one_at_a_time" ON "observatory"."remediations" USING btree ("action","target") WHERE "observatory"."remediations"."state" in ('approved', 'running', 'verifying');--> statement-breakpoint
CREATE INDEX "remediations_history" ON "observatory"."remediations" USING btree ("action","target","started_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "remediations_recent" ON "observatory"."remediations" USING btree ("proposed_at" DESC NULLS LAST);