#!/bin/sh
# The role that Grafana reads the contract views with. Harmless to run again.
set -eu
PGPASSWORD="$(cat /run/secrets/postgres_superuser_password)"
export PGPASSWORD
psql --host postgres --username postgres --dbname observatory --set ON_ERROR_STOP=1 --file /reader.sql \
	--file /telemetry-reader.sql --file - <<'SQL'
-- psql reads the file itself: everyone on the host sees the arguments of programs.
\set password `cat /run/secrets/grafana_reader_password`
ALTER ROLE observatory_grafana PASSWORD :'password';
SQL
