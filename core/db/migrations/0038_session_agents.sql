CREATE TABLE "observatory"."transcript_agents" (
	"run" text NOT NULL,
	"agent" text NOT NULL,
	"parent" text NOT NULL,
	"input_tokens" bigint NOT NULL,
	"output_tokens" bigint NOT NULL,
	"cache_read_tokens" bigint NOT NULL,
	"cache_creation_tokens" bigint NOT NULL,
	"cost_usd" double precision NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "transcript_agents_run_agent_parent_pk" PRIMARY KEY("run","agent","parent")
);
--> statement-breakpoint
ALTER TABLE "observatory"."totals" ADD COLUMN "counted_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "observatory"."transcript_messages" ADD COLUMN "agent" text;--> statement-breakpoint
ALTER TABLE "observatory"."transcript_messages" ADD COLUMN "parent" text;--> statement-breakpoint
ALTER TABLE "observatory"."transcript_runs" ADD COLUMN "uncounted" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "transcript_runs_uncounted" ON "observatory"."transcript_runs" USING btree ("session") WHERE "observatory"."transcript_runs"."uncounted";--> statement-breakpoint
-- What the boards read of it.
CREATE VIEW "telemetry"."session_agents" AS SELECT "run" AS "session", "agent", "parent", "input_tokens" + "output_tokens" AS "tokens",
	"cache_read_tokens" + "cache_creation_tokens" AS "cached_tokens", "cost_usd", "updated_at" FROM "observatory"."transcript_agents";
--> statement-breakpoint
-- Where Grafana's role reads the other views of the schema already.
DO $$ BEGIN
	IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'observatory_grafana') THEN
		IF has_table_privilege('observatory_grafana', 'telemetry.spans', 'SELECT') THEN
			GRANT SELECT ON "telemetry"."session_agents" TO observatory_grafana;
		END IF;
	END IF;
END $$;
