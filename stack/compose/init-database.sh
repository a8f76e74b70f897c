#!/bin/sh
# Run once by the PostgreSQL image, with an empty data folder: the role and the database that everything here uses.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres <<'SQL'
-- psql reads the file itself: everyone on the host sees the arguments of programs.
\set password `cat /run/secrets/postgres_password`
CREATE ROLE observatory LOGIN PASSWORD :'password';
GRANT pg_monitor TO observatory;
CREATE DATABASE observatory OWNER observatory;
SQL
