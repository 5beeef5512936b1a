#!/bin/sh
# Makes the secrets of compose.production.yaml, each a file in deploy/compose/secrets (or SECRETS), never twice.
#
# A container sees the files it is given, as its own user: they are readable, their folder is the owner's alone.
set -eu
cd "$(dirname "$0")"
folder=${SECRETS:-./secrets}

install -d -m 700 "$folder"

secret() {
    [ -e "$folder/$1" ] && return
    printf '%s\n' "$2" >"$folder/$1"
    chmod 444 "$folder/$1"
    echo "secrets: made $1"
}

random() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

secret database_password "$(random)"
secret redis_password "$(random)"
secret grafana_password "$(random)"
secret database_url "postgres://estuary:$(cat "$folder/database_password")@postgres:5432/estuary"
secret redis_url "redis://:$(cat "$folder/redis_password")@redis:6379/0"
