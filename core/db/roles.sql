-- The roles of the exporters and of alert-webhook: each with the rights that it needs, neither owns a table, so neither
-- can change the schema or switch the guard of the audit log off. Run it as a superuser in the observatory database, after
-- the migrations; running it again is harmless, and adapts a database in which one role owned everything. Give the roles
-- passwords with: ALTER ROLE observatory_webhook PASSWORD '…'; ALTER ROLE observatory_exporters PASSWORD '…';
DO $$
DECLARE
	exporters constant text := 'observatory_exporters';
	webhook constant text := 'observatory_webhook';
	-- Tables that a role reads and writes.
	exporters_tables constant text[] := ARRAY[
		'claude_sessions', 'counted_once', 'log_records', 'readers', 'spans', 'telemetry_usage', 'totals', 'tracked_rows',
		'transcript_agents', 'transcript_costs', 'transcript_files', 'transcript_messages', 'transcript_runs', 'transcript_shared'
	];
	webhook_tables constant text[] := ARRAY[
		'access_tokens', 'automation', 'brakes', 'console_sessions', 'control', 'escalations', 'events', 'gate_answers',
		'heartbeats', 'inbox', 'incident_anomalies', 'incident_clocks', 'incident_deliveries', 'incident_timeline', 'incidents',
		'job_workers', 'maintenance_windows', 'pages', 'remediation_policies', 'remediations', 'sign_in_links', 'tool_calls',
		'totals'
	];
	name text;
	owned record;
	contract_owner name := (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'contract');
BEGIN
	FOREACH name IN ARRAY ARRAY[exporters, webhook] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
			EXECUTE format('CREATE ROLE %I LOGIN', name);
		END IF;
		EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', name);
		EXECUTE format('GRANT USAGE ON SCHEMA observatory TO %I', name);
		EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA observatory FROM %I', name);
		-- Whether the tables are current.
		EXECUTE format('GRANT SELECT ON observatory.migrations TO %I', name);
		IF contract_owner IS NOT NULL THEN
			EXECUTE format('GRANT USAGE ON SCHEMA contract TO %I', name);
			EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA contract TO %I', name);
			EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA contract GRANT SELECT ON TABLES TO %I', contract_owner, name);
		END IF;
	END LOOP;
	-- The state of the server that is monitored, where that is this one.
	EXECUTE format('GRANT pg_monitor TO %I', exporters);
	FOREACH name IN ARRAY exporters_tables LOOP
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON observatory.%I TO %I', name, exporters);
	END LOOP;
	EXECUTE format('GRANT EXECUTE ON FUNCTION observatory.create_telemetry_partition(text, timestamptz, timestamptz),
		observatory.drop_telemetry_partition(text, text) TO %I', exporters);
	FOREACH name IN ARRAY webhook_tables LOOP
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON observatory.%I TO %I', name, webhook);
	END LOOP;
	EXECUTE format('GRANT SELECT, INSERT ON observatory.audit_logs TO %I', webhook);
	EXECUTE format('GRANT SELECT, UPDATE ON observatory.audit_head TO %I', webhook);
	EXECUTE format('GRANT SELECT ON observatory.telemetry_usage TO %I', webhook);
	-- A stop and a pause change the state of sessions.
	EXECUTE format('GRANT SELECT, UPDATE (status, ended_at, updated_at) ON observatory.claude_sessions TO %I', webhook);
	-- alert-webhook migrates its jobs itself: graphile-worker shows them to their owner only (row-level security).
	IF to_regnamespace('observatory_jobs') IS NULL THEN
		EXECUTE format('CREATE SCHEMA observatory_jobs AUTHORIZATION %I', webhook);
	END IF;
	IF to_regclass('observatory_jobs.migrations') IS NULL THEN
		-- As graphile-worker makes it, which would need the right to create schemas.
		CREATE TABLE observatory_jobs.migrations (
			id int PRIMARY KEY, ts timestamptz DEFAULT now() NOT NULL, breaking boolean DEFAULT false NOT NULL
		);
	END IF;
	EXECUTE format('ALTER SCHEMA observatory_jobs OWNER TO %I', webhook);
	FOR owned IN
		SELECT CASE WHEN c.relkind = 'c' THEN 'TYPE' WHEN c.relkind = 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind, c.oid::regclass::text AS name
		FROM pg_class c
		WHERE c.relnamespace = 'observatory_jobs'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'c') AND c.relowner <> webhook::regrole
		UNION ALL
		SELECT 'ROUTINE', p.oid::regprocedure::text
		FROM pg_proc p WHERE p.pronamespace = 'observatory_jobs'::regnamespace AND p.proowner <> webhook::regrole
	LOOP
		EXECUTE format('ALTER %s %s OWNER TO %I', owned.kind, owned.name, webhook);
	END LOOP;
END
$$;
