#!/bin/sh
# Run once by the PostgreSQL image, with an empty data folder: the role and the database that everything here uses.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres --set password="$(cat /run/secrets/postgres_password)" <<'SQL'
CREATE ROLE observatory LOGIN PASSWORD :'password';
GRANT pg_monitor TO observatory;
CREATE DATABASE observatory OWNER observatory;
SQL
