#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, each once. The folder is closed to other users of this machine; the
# files in it are readable, because the programs in the containers run as users of their own.
set -eu
cd "$(dirname "$0")/../.."
folder=.observatory/compose
mkdir -p "$folder"
chmod 700 .observatory/compose

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
make() {
	[ -s "$folder/$1" ] && return
	printf '%s' "$2" > "$folder/$1.new"
	chmod 444 "$folder/$1.new"
	mv "$folder/$1.new" "$folder/$1"
	echo "made $folder/$1"
}
make postgres_superuser_password "$(random)"
make postgres_password "$(random)"
make database_url "postgres://observatory:$(cat "$folder/postgres_password")@postgres:5432/observatory"
make grafana_reader_password "$(random)"
make grafana_admin_password "$(random)"
make webhook_token "$(random)"
make console_token "$(random)"
