#!/bin/sh
# The roles that the exporters and alert-webhook use, once the tables are there. Harmless to run again.
set -eu
PGPASSWORD="$(cat /run/secrets/postgres_superuser_password)"
export PGPASSWORD
psql --host postgres --username postgres --dbname observatory --set ON_ERROR_STOP=1 --file /roles.sql --file - <<'SQL'
-- psql reads the files itself: everyone on the host sees the arguments of programs.
\set password `cat /run/secrets/postgres_exporters_password`
ALTER ROLE observatory_exporters PASSWORD :'password';
\set password `cat /run/secrets/postgres_webhook_password`
ALTER ROLE observatory_webhook PASSWORD :'password';
SQL
