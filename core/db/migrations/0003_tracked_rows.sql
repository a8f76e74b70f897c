CREATE TABLE "observatory"."counted_once" (
	"reader" text NOT NULL,
	"key" text NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "counted_once_reader_key_pk" PRIMARY KEY("reader","key")
);
--> statement-breakpoint
CREATE TABLE "observatory"."tracked_rows" (
	"reader" text NOT NULL,
	"provider" text NOT NULL,
	"seq" bigint NOT NULL,
	"state" jsonb NOT NULL,
	CONSTRAINT "tracked_rows_reader_provider_seq_pk" PRIMARY KEY("reader","provider","seq")
);
--> statement-breakpoint
CREATE INDEX "counted_once_seen" ON "observatory"."counted_once" USING btree ("reader","seen_at");