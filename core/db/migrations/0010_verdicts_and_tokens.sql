CREATE TABLE "observatory"."access_tokens" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."access_tokens_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"role" text NOT NULL,
	"token_hash" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "access_tokens_token_hash_unique" UNIQUE("token_hash"),
	CONSTRAINT "access_tokens_role" CHECK ("observatory"."access_tokens"."role" in ('viewer', 'responder', 'admin'))
);
--> statement-breakpoint
ALTER TABLE "observatory"."console_sessions" ADD COLUMN "token_id" bigint;--> statement-breakpoint
ALTER TABLE "observatory"."incidents" ADD COLUMN "verdict" text;--> statement-breakpoint
ALTER TABLE "observatory"."incidents" ADD COLUMN "verdict_note" text;--> statement-breakpoint
ALTER TABLE "observatory"."incidents" ADD COLUMN "verdict_by" text;--> statement-breakpoint
ALTER TABLE "observatory"."incidents" ADD COLUMN "verdict_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "observatory"."incidents" ADD COLUMN "counted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "observatory"."console_sessions" ADD CONSTRAINT "console_sessions_token_id_access_tokens_id_fk" FOREIGN KEY ("token_id") REFERENCES "observatory"."access_tokens"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "incidents_uncounted" ON "observatory"."incidents" USING btree ("id") WHERE "observatory"."incidents"."status" = 'resolved' and "observatory"."incidents"."counted_at" is null;--> statement-breakpoint
CREATE INDEX "incidents_judged" ON "observatory"."incidents" USING btree ("verdict_at") WHERE "observatory"."incidents"."verdict" is not null;--> statement-breakpoint
ALTER TABLE "observatory"."incidents" ADD CONSTRAINT "incidents_verdict" CHECK ("observatory"."incidents"."verdict" in ('true_positive', 'false_positive', 'expected'));