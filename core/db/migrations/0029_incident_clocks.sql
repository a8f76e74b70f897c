CREATE TABLE "observatory"."incident_clocks" (
	"incident_id" bigint PRIMARY KEY NOT NULL,
	"onset_at" timestamp with time zone NOT NULL,
	"onset" text NOT NULL,
	"onset_from" text NOT NULL,
	"pending_at" timestamp with time zone,
	"closed_at" timestamp with time zone,
	CONSTRAINT "incident_clocks_onset" CHECK ("observatory"."incident_clocks"."onset" in ('measured', 'bounded'))
);
--> statement-breakpoint
CREATE TABLE "observatory"."incident_deliveries" (
	"incident_id" bigint NOT NULL,
	"channel" text NOT NULL,
	"accepted_at" timestamp with time zone NOT NULL,
	"evidence" text NOT NULL,
	CONSTRAINT "incident_deliveries_incident_id_channel_pk" PRIMARY KEY("incident_id","channel"),
	CONSTRAINT "incident_deliveries_evidence" CHECK ("observatory"."incident_deliveries"."evidence" in ('inbox', 'counter', 'page'))
);
--> statement-breakpoint
ALTER TABLE "observatory"."incident_clocks" ADD CONSTRAINT "incident_clocks_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "observatory"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "observatory"."incident_deliveries" ADD CONSTRAINT "incident_deliveries_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "observatory"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "incident_clocks_running" ON "observatory"."incident_clocks" USING btree ("incident_id") WHERE "observatory"."incident_clocks"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "inbox_received" ON "observatory"."inbox" USING btree ("received_at");--> statement-breakpoint
-- These counted from the firing to the incident; the same name now counts from the onset to the notification.
DELETE FROM "observatory"."totals" WHERE "reader" = 'alert-webhook' AND "series" LIKE 'observatory\_incident\_detection\_seconds\_%';
