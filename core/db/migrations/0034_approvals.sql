CREATE TABLE "observatory"."tool_calls" (
	"hash" text PRIMARY KEY NOT NULL,
	"host" text NOT NULL,
	"body" text NOT NULL,
	"state" text NOT NULL,
	"asked_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	CONSTRAINT "tool_calls_state" CHECK ("observatory"."tool_calls"."state" in ('waiting', 'approved', 'refused', 'expired'))
);
--> statement-breakpoint
CREATE INDEX "tool_calls_expires" ON "observatory"."tool_calls" USING btree ("expires_at");