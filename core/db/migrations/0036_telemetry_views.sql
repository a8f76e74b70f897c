-- What the boards read of spans and log records; grafana/provisioning/telemetry-reader.sql grants it to Grafana's role.
CREATE SCHEMA "telemetry";--> statement-breakpoint
CREATE FUNCTION "telemetry"."id_bytes"("id" text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN "id" ~ '^([0-9a-fA-F]{2})+$' THEN decode("id", 'hex') END
$$;--> statement-breakpoint
COMMENT ON FUNCTION "telemetry"."id_bytes"(text) IS 'An id in hex as the key columns have it; null for anything else.';--> statement-breakpoint
CREATE VIEW "telemetry"."spans" AS SELECT "started_at", "trace_id" AS "trace_key", encode("trace_id", 'hex') AS "trace_id",
	encode("span_id", 'hex') AS "span_id", encode("parent_span_id", 'hex') AS "parent_span_id", "name",
	CASE "kind" WHEN 1 THEN 'internal' WHEN 2 THEN 'server' WHEN 3 THEN 'client' WHEN 4 THEN 'producer' WHEN 5 THEN 'consumer' ELSE 'unspecified' END AS "kind",
	"duration", "failed", "error", "service", "session", "tool", "server", "model", "attributes" FROM "observatory"."spans";--> statement-breakpoint
CREATE VIEW "telemetry"."log_records" AS SELECT "recorded_at", "id", "trace_id" AS "trace_key", encode("trace_id", 'hex') AS "trace_id",
	encode("span_id", 'hex') AS "span_id", "severity",
	CASE WHEN "severity" BETWEEN 1 AND 4 THEN 'trace' WHEN "severity" BETWEEN 5 AND 8 THEN 'debug' WHEN "severity" BETWEEN 9 AND 12 THEN 'info'
		WHEN "severity" BETWEEN 13 AND 16 THEN 'warning' WHEN "severity" BETWEEN 17 AND 20 THEN 'error' WHEN "severity" > 20 THEN 'fatal' ELSE 'none' END AS "level",
	"failed", "event", "body", "service", "session", "tool", "server", "model", "attributes" FROM "observatory"."log_records";
