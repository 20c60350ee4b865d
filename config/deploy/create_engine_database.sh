# Run once by the postgres image when it makes its cluster: the engine's own database, and a role that sees no other.
psql --set=ON_ERROR_STOP=1 --set=password="$(cat /run/secrets/postgres/engine_password)" --username "$POSTGRES_USER" <<'SQL'
CREATE ROLE engine LOGIN PASSWORD :'password';
CREATE DATABASE engine OWNER engine;
REVOKE CONNECT ON DATABASE pharmacio FROM PUBLIC;
SQL
