CREATE TABLE "observatory"."maintenance_windows" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "observatory"."maintenance_windows_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"matchers" jsonb NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"reason" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"ended_by" text,
	"begun_at" timestamp with time zone,
	"over_at" timestamp with time zone,
	CONSTRAINT "maintenance_windows_times" CHECK ("observatory"."maintenance_windows"."ends_at" >= "observatory"."maintenance_windows"."starts_at")
);
--> statement-breakpoint
CREATE INDEX "maintenance_windows_open" ON "observatory"."maintenance_windows" USING btree ("starts_at") WHERE "observatory"."maintenance_windows"."over_at" is null;