-- The field's words for what the columns and rows mean.
ALTER TABLE "observatory"."notices" RENAME TO "pages";--> statement-breakpoint
ALTER SEQUENCE "observatory"."notices_id_seq" RENAME TO "pages_id_seq";--> statement-breakpoint
ALTER INDEX "observatory"."notices_pkey" RENAME TO "pages_pkey";--> statement-breakpoint
ALTER INDEX "observatory"."notices_open" RENAME TO "pages_open";--> statement-breakpoint
ALTER INDEX "observatory"."notices_ended" RENAME TO "pages_ended";--> statement-breakpoint
ALTER INDEX "observatory"."notices_incident" RENAME TO "pages_incident";--> statement-breakpoint
ALTER TABLE "observatory"."pages" RENAME CONSTRAINT "notices_key_unique" TO "pages_key_unique";--> statement-breakpoint
ALTER TABLE "observatory"."pages" RENAME CONSTRAINT "notices_incident_id_incidents_id_fk" TO "pages_incident_id_incidents_id_fk";--> statement-breakpoint
UPDATE "observatory"."pages" SET "labels" = ("labels" - 'observatory_notice') || jsonb_build_object('observatory_page', "labels" -> 'observatory_notice') WHERE "labels" ? 'observatory_notice';--> statement-breakpoint
ALTER TABLE "observatory"."escalations" RENAME COLUMN "told_at" TO "paged_at";--> statement-breakpoint
ALTER TABLE "observatory"."escalations" RENAME COLUMN "hurried" TO "escalate_now";--> statement-breakpoint
ALTER TABLE "observatory"."maintenance_windows" RENAME COLUMN "begun_at" TO "started_at";--> statement-breakpoint
ALTER TABLE "observatory"."maintenance_windows" RENAME COLUMN "over_at" TO "ended_at";--> statement-breakpoint
ALTER TABLE "observatory"."control" RENAME COLUMN "undone" TO "pending";--> statement-breakpoint
ALTER TABLE "observatory"."control" RENAME COLUMN "workflow_held" TO "workflow_disabled";--> statement-breakpoint
UPDATE "observatory"."incident_timeline" SET "kind" = CASE "kind" WHEN 'maintenance' THEN 'suppressed' ELSE 'resumed' END WHERE "kind" IN ('maintenance', 'maintenance_over');--> statement-breakpoint
UPDATE "observatory"."incident_timeline" SET "details" = jsonb_set("details", '{why}', '"remediation_failed"') WHERE "kind" = 'escalated' AND "details" ->> 'why' = 'hurried';
