-- The last of the old words that are stored. Audit entries keep them: their hashes cover the text.
ALTER INDEX "observatory"."incidents_judged" RENAME TO "incidents_with_verdict";--> statement-breakpoint
UPDATE "observatory"."remediations" SET "reason" = 'incident_ended' WHERE "reason" = 'incident_over';--> statement-breakpoint
UPDATE "observatory"."incident_timeline" SET "details" = jsonb_set("details", '{reason}', '"incident_ended"') WHERE "details" ->> 'reason' = 'incident_over';--> statement-breakpoint
UPDATE "observatory"."totals" SET "labels" = replace("labels", '"reason":"incident_over"', '"reason":"incident_ended"') WHERE "series" = 'observatory_remediations_withheld_total' AND "labels" LIKE '%"reason":"incident_over"%';
