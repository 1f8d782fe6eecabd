#!/bin/bash
# Runs once, when the data folder is empty. For each service: a database, the role that owns it (runs migrations),
# and the role that the service logs in with, which owns nothing and so can't get past row-level security.
set -eo pipefail

superuser_psql() {
  psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" "$@"
}

create_database() { # DATABASE SERVICE
  OWNER_PASSWORD="$(cat "/run/secrets/$2-owner-password")"
  APP_PASSWORD="$(cat "/run/secrets/$2-password")"
  export OWNER_PASSWORD APP_PASSWORD # not as arguments, which other processes see
  superuser_psql -v database="$1" -v owner="$2_owner" -v app="$2_app" <<'SQL'
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
CREATE ROLE :"owner" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE :"app" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'app_password';
-- C.UTF-8 sorts by code point, as SQLite does: a page of rows is the same on both.
CREATE DATABASE :"database" OWNER :"owner" TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"app";
SQL
  unset OWNER_PASSWORD APP_PASSWORD
}

create_database users user
create_database orders order
superuser_psql -c 'REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC'
