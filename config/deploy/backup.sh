#!/bin/sh
# backup nightly | now | check | list | restore NAME: what the service `backup` runs (docker-compose.yml).
# A backup is a folder: database.dump (pg_dump's custom format), media.tar (documents, copied after the dump, so that
# whatever it names is there) and SHA256SUMS. It gets its name only when it is whole.
set -eu
BACKUPS=${BACKUPS:-/backups} MEDIA=${MEDIA:-/media} KEEP=${BACKUP_KEEP:-14} AT=${BACKUP_AT:-02:30}
[ -z "${PASSWORD_FILE:-}" ] || { PGPASSWORD=$(cat "$PASSWORD_FILE"); export PGPASSWORD; }
umask 077

names() { find "$BACKUPS" -mindepth 1 -maxdepth 1 -type d -name '20*' | sed 's|.*/||' | sort; }

now() {
  name=$(date -u +%Y-%m-%dT%H%M%SZ)
  draft=$BACKUPS/.draft
  rm -rf "$draft"; mkdir -p "$draft"
  pg_dump --format=custom --file="$draft/database.dump"
  tar -C "$MEDIA" -cf "$draft/media.tar" .
  (cd "$draft" && sha256sum database.dump media.tar >SHA256SUMS)
  mv "$draft" "$BACKUPS/$name"
  names | head -n "-$KEEP" | while read -r old; do rm -rf "${BACKUPS:?}/$old"; done
  echo "backed up as $name"
}

# Into a fresh database beside the old one, swapped only when it is complete. Web, worker and beat must be stopped.
restore() {
  from=$BACKUPS/$1
  (cd "$from" && sha256sum --check --quiet SHA256SUMS)
  fresh=${PGDATABASE}_restored
  sql() { psql --set=ON_ERROR_STOP=1 --quiet --dbname=postgres --command="$1"; }
  sql "DROP DATABASE IF EXISTS \"$fresh\""
  sql "CREATE DATABASE \"$fresh\""
  sql "REVOKE CONNECT ON DATABASE \"$fresh\" FROM PUBLIC"
  pg_restore --no-owner --exit-on-error --dbname="$fresh" "$from/database.dump"
  tar -C "$MEDIA" -xf "$from/media.tar"
  sql "DROP DATABASE IF EXISTS \"$PGDATABASE\""
  sql "ALTER DATABASE \"$fresh\" RENAME TO \"$PGDATABASE\""
  echo "restored $1"
}

# Healthy: the newest backup is less than 26 hours old, or none was due yet.
check() {
  [ -n "$(find "$BACKUPS" -mindepth 1 -maxdepth 1 -name '20*' -mmin -1560)" ] ||
    [ -z "$(find /tmp/backup-started -mmin +1560 2>/dev/null)" ]
}

seconds_until() {
  wait=$(($(date -d "$1" +%s) - $(date +%s)))
  [ "$wait" -gt 0 ] || wait=$((wait + 86400))
  echo "$wait"
}

nightly() {
  trap 'exit 0' TERM INT
  touch /tmp/backup-started
  while :; do
    sleep "$(seconds_until "$AT")" & wait $!
    now || echo "the backup failed; the next try is in an hour" >&2
    while [ -z "$(find "$BACKUPS" -mindepth 1 -maxdepth 1 -name '20*' -mmin -60)" ]; do
      sleep 3600 & wait $!
      now || echo "the backup failed again" >&2
    done
  done
}

case ${1:-} in
  now | nightly | check) "$1" ;;
  list) names ;;
  restore) restore "${2:?which one? see: backup list}" ;;
  *) echo "backup nightly | now | check | list | restore NAME" >&2; exit 2 ;;
esac
