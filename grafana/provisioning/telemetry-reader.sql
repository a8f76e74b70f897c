-- Lets Grafana's role read stored spans and log records: the views of schema telemetry and nothing else, for no longer than
-- 5 s a statement. Run it in the observatory database, as a superuser or as the owner of the schema with CREATEROLE;
-- running it again is harmless.
DO $$
BEGIN
	IF to_regnamespace('telemetry') IS NULL THEN
		RAISE EXCEPTION 'schema telemetry does not exist in database %', current_database()
			USING HINT = 'The exporters make it when they start; run this afterwards.';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'observatory_grafana') THEN
		CREATE ROLE observatory_grafana LOGIN;
	END IF;
	ALTER ROLE observatory_grafana SET default_transaction_read_only = on;
	ALTER ROLE observatory_grafana SET statement_timeout = '5s';
	GRANT USAGE ON SCHEMA telemetry TO observatory_grafana;
	GRANT SELECT ON ALL TABLES IN SCHEMA telemetry TO observatory_grafana;
END
$$;
