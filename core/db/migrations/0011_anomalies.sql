CREATE TABLE "observatory"."incident_anomalies" (
	"incident_id" bigint PRIMARY KEY NOT NULL,
	"assessments" jsonb NOT NULL,
	"scored_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "observatory"."incident_anomalies" ADD CONSTRAINT "incident_anomalies_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "observatory"."incidents"("id") ON DELETE no action ON UPDATE no action;