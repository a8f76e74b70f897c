-- The receiver's histograms, kept by the number of a bucket so far, are kept by its upper bound, as all others are.
WITH "histograms" ("name", "bounds") AS (VALUES
	('observatory_incident_detection_seconds', ARRAY['1', '5', '15', '30', '60', '120', '300', '600', '1800', '+Inf']),
	('observatory_incident_acknowledgement_seconds',
		ARRAY['30', '60', '120', '300', '600', '900', '1800', '3600', '7200', '+Inf']),
	('observatory_incident_resolution_seconds',
		ARRAY['60', '120', '300', '600', '1200', '1800', '3600', '7200', '14400', '86400', '+Inf'])
), "old" AS (
	SELECT t."reader", t."series", t."labels", t."value", h."name",
		h."bounds"[substring(t."series" FROM '_bucket_(\d+)$')::int + 1] AS "le"
	FROM "observatory"."totals" t JOIN "histograms" h ON t."series" ~ ('^' || h."name" || '_bucket_\d+$')
	WHERE t."reader" = 'alert-webhook'
), "removed" AS (
	DELETE FROM "observatory"."totals" t USING "old" o
	WHERE t."reader" = o."reader" AND t."series" = o."series" AND t."labels" = o."labels" AND o."le" IS NOT NULL
)
INSERT INTO "observatory"."totals" ("reader", "series", "labels", "value")
-- Labels are JSON with sorted names: "le" comes before "remediated" and "severity".
SELECT "reader", "name" || '_bucket', '{"le":"' || "le" || '",' || substring("labels" FROM 2), "value"
FROM "old" WHERE "le" IS NOT NULL
ON CONFLICT ("reader", "series", "labels") DO UPDATE SET "value" = "totals"."value" + excluded."value";
