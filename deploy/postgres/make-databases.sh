#!/bin/bash
# For each service a database, the role that owns it (runs migrations), and the role that the service logs in with, which
# owns nothing and so can't get past row-level security. What is there already stays as it is: a service may come later.
set -euo pipefail
: "${1:?usage: make-databases.sh SERVICE=DATABASE…}"
PGPASSWORD="$(cat /run/secrets/postgres-password)"
export PGPASSWORD

superuser_psql() { psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --dbname postgres "$@"; }

make_database() { # SERVICE DATABASE
  OWNER_PASSWORD="$(cat "/run/secrets/$1-owner-password")"
  APP_PASSWORD="$(cat "/run/secrets/$1-password")"
  export OWNER_PASSWORD APP_PASSWORD # not as arguments, which other processes see
  superuser_psql -v database="$2" -v owner="$1_owner" -v app="$1_app" <<'SQL'
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD %L', role, password)
FROM (VALUES (:'owner', :'owner_password'), (:'app', :'app_password')) AS wanted (role, password)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec
-- C.UTF-8 sorts by code point, as SQLite does: a page of rows is the same on both.
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE %L LOCALE %L',
  :'database', :'owner', 'C.UTF-8', 'C.UTF-8')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"app";
SQL
  unset OWNER_PASSWORD APP_PASSWORD
}

for each; do
  make_database "${each%%=*}" "${each#*=}"
done
superuser_psql -c 'REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC'
