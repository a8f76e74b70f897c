-- The role that Grafana reads PostgreSQL with: the contract views and nothing else, for no longer than 5 s a statement.
-- Harmless to run again. Give it a password with: ALTER ROLE observatory_grafana PASSWORD '…';
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'observatory_grafana') THEN
		CREATE ROLE observatory_grafana LOGIN;
	END IF;
END
$$;
ALTER ROLE observatory_grafana SET default_transaction_read_only = on;
ALTER ROLE observatory_grafana SET statement_timeout = '5s';
GRANT USAGE ON SCHEMA contract TO observatory_grafana;
GRANT SELECT ON ALL TABLES IN SCHEMA contract TO observatory_grafana;
ALTER DEFAULT PRIVILEGES IN SCHEMA contract GRANT SELECT ON TABLES TO observatory_grafana;
