CREATE TABLE "observatory"."transcript_files" (
	"path" text PRIMARY KEY NOT NULL,
	"identity" text NOT NULL,
	"read_to" bigint NOT NULL,
	"read_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "observatory"."transcript_messages" (
	"message" text NOT NULL,
	"request" text NOT NULL,
	"run" text NOT NULL,
	"sidechain" boolean NOT NULL,
	"model" text NOT NULL,
	"input_tokens" bigint NOT NULL,
	"output_tokens" bigint NOT NULL,
	"cache_read_tokens" bigint NOT NULL,
	"cache_creation_tokens" bigint NOT NULL,
	"cost_usd" double precision NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "transcript_messages_message_request_pk" PRIMARY KEY("message","request")
);
--> statement-breakpoint
CREATE TABLE "observatory"."transcript_runs" (
	"run" text PRIMARY KEY NOT NULL,
	"session" text NOT NULL,
	"number" integer NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	"turn" text NOT NULL,
	"model" text
);
--> statement-breakpoint
CREATE INDEX "transcript_messages_run" ON "observatory"."transcript_messages" USING btree ("run");--> statement-breakpoint
CREATE INDEX "transcript_runs_session" ON "observatory"."transcript_runs" USING btree ("session","number");