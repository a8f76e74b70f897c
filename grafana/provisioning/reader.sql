-- The role that Grafana reads PostgreSQL with: the contract views and nothing else, for no longer than 5 s a statement.
-- Run it in the database that has the contract, as a superuser or as the contract's owner with CREATEROLE; running it
-- again is harmless. Give the role a password with: ALTER ROLE observatory_grafana PASSWORD '…';
DO $$
DECLARE
	contract_owner name := (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'contract');
BEGIN
	IF contract_owner IS NULL THEN
		RAISE EXCEPTION 'schema contract does not exist in database %', current_database()
			USING HINT = 'The exporters make it when they start; run this afterwards.';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'observatory_grafana') THEN
		CREATE ROLE observatory_grafana LOGIN;
	END IF;
	ALTER ROLE observatory_grafana SET default_transaction_read_only = on;
	ALTER ROLE observatory_grafana SET statement_timeout = '5s';
	GRANT USAGE ON SCHEMA contract TO observatory_grafana;
	GRANT SELECT ON ALL TABLES IN SCHEMA contract TO observatory_grafana;
	-- Views that the owner makes later are readable too.
	EXECUTE format(
		'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA contract GRANT SELECT ON TABLES TO observatory_grafana',
		contract_owner
	);
END
$$;
