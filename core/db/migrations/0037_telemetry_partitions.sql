-- Partitions belong to the owner of the tables. The exporters, whose role owns nothing, create and drop them by these.
CREATE FUNCTION "observatory"."create_telemetry_partition"("parent" text, "low" timestamptz, "high" timestamptz) RETURNS void
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
BEGIN
	IF "parent" NOT IN ('spans', 'log_records') THEN
		RAISE EXCEPTION '% is not a table of telemetry', "parent" USING ERRCODE = 'insufficient_privilege';
	END IF;
	EXECUTE format(
		'CREATE TABLE IF NOT EXISTS observatory.%I PARTITION OF observatory.%I FOR VALUES FROM (%L) TO (%L)',
		"parent" || to_char("low", '_YYYYMMDDHH24'), "parent", "low", "high"
	);
END
$$;--> statement-breakpoint
CREATE FUNCTION "observatory"."drop_telemetry_partition"("parent" text, "name" text) RETURNS boolean
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF "parent" NOT IN ('spans', 'log_records') THEN
		RAISE EXCEPTION '% is not a table of telemetry', "parent" USING ERRCODE = 'insufficient_privilege';
	END IF;
	IF NOT EXISTS (
		SELECT FROM pg_inherits WHERE inhrelid = to_regclass(format('observatory.%I', "name"))
			AND inhparent = format('observatory.%I', "parent")::regclass
	) THEN
		RETURN false;
	END IF;
	EXECUTE format('DROP TABLE observatory.%I', "name");
	RETURN true;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION "observatory"."create_telemetry_partition"(text, timestamptz, timestamptz) IS 'Makes a partition of stored telemetry, named after its start in UTC.';--> statement-breakpoint
COMMENT ON FUNCTION "observatory"."drop_telemetry_partition"(text, text) IS 'Drops a partition of stored telemetry; false when there is none of that name.';--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION "observatory"."create_telemetry_partition"(text, timestamptz, timestamptz) FROM PUBLIC;--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION "observatory"."drop_telemetry_partition"(text, text) FROM PUBLIC;
