CREATE TABLE "observatory"."transcript_costs" (
	"session" text NOT NULL,
	"model" text NOT NULL,
	"input_tokens" bigint NOT NULL,
	"output_tokens" bigint NOT NULL,
	"cache_read_tokens" bigint NOT NULL,
	"cache_creation_tokens" bigint NOT NULL,
	"cache_write_1h_tokens" bigint NOT NULL,
	"web_searches" integer NOT NULL,
	"cost_usd" double precision NOT NULL,
	"started_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "transcript_costs_session_model_pk" PRIMARY KEY("session","model")
);
--> statement-breakpoint
CREATE TABLE "observatory"."transcript_shared" (
	"session" text PRIMARY KEY NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "observatory"."transcript_files" ADD COLUMN "mark" text;--> statement-breakpoint
ALTER TABLE "observatory"."transcript_messages" ADD COLUMN "cache_write_1h_tokens" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "observatory"."transcript_messages" ADD COLUMN "web_searches" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "observatory"."transcript_messages" ADD COLUMN "speed" text;--> statement-breakpoint
ALTER TABLE "observatory"."transcript_messages" ADD COLUMN "tier" text;--> statement-breakpoint
ALTER TABLE "observatory"."transcript_messages" ADD COLUMN "stated_usd" double precision;--> statement-breakpoint
ALTER TABLE "observatory"."transcript_messages" ADD COLUMN "list_usd" double precision;--> statement-breakpoint
CREATE INDEX "transcript_messages_unpriced" ON "observatory"."transcript_messages" USING btree ("at") WHERE "observatory"."transcript_messages"."list_usd" is null and "observatory"."transcript_messages"."stated_usd" is null;--> statement-breakpoint
-- What had no price then was stored as 0.
UPDATE "observatory"."transcript_messages" SET "list_usd" = "cost_usd" WHERE "cost_usd" > 0;
