CREATE TABLE "observatory"."audit_head" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"seq" bigint NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "audit_head_only" CHECK ("observatory"."audit_head"."only")
);
--> statement-breakpoint
CREATE TABLE "observatory"."audit_logs" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"target" text NOT NULL,
	"details" jsonb NOT NULL,
	"address" text,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX "audit_logs_actor" ON "observatory"."audit_logs" USING btree ("actor","seq" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "audit_logs_action" ON "observatory"."audit_logs" USING btree ("action","seq" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "audit_logs_target" ON "observatory"."audit_logs" USING btree ("target","seq" DESC NULLS LAST);