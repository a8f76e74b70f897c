CREATE TABLE "observatory"."escalations" (
	"incident_id" bigint PRIMARY KEY NOT NULL,
	"policy" text NOT NULL,
	"anchor" timestamp with time zone NOT NULL,
	"level" integer DEFAULT -1 NOT NULL,
	"rounds" integer DEFAULT 0 NOT NULL,
	"told_at" timestamp with time zone,
	"acknowledged_until" timestamp with time zone,
	"hurried" boolean DEFAULT false NOT NULL,
	"next_at" timestamp with time zone,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "observatory"."escalations" ADD CONSTRAINT "escalations_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "observatory"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "escalations_due" ON "observatory"."escalations" USING btree ("next_at") WHERE "observatory"."escalations"."ended_at" is null;