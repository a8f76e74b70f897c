#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, each once. The folder is closed to other users of this machine; the
# files in it are readable, because the programs in the containers run as users of their own. Alertmanager sees the
# whole of alertmanager/secrets, where the secrets of channels belong: other users may pass through that folder.
set -eu
cd "$(dirname "$0")/../.."
folder=.observatory/compose
channels=alertmanager/secrets
mkdir -p "$folder" "$channels"
chmod 700 "$folder"
chmod 711 "$channels"

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
make() {
	[ -e "$1" ] && return
	printf '%s' "$2" > "$1.new"
	chmod 444 "$1.new"
	mv "$1.new" "$1"
	echo "made $1"
}
make "$folder/postgres_superuser_password" "$(random)"
make "$folder/postgres_password" "$(random)"
make "$folder/database_url" "postgres://observatory:$(cat "$folder/postgres_password")@postgres:5432/observatory"
# The monitored system: its own database and a token for its repository, to be replaced by real ones. Empty means none.
make "$folder/source_database_url" "$(cat "$folder/database_url")"
make "$folder/github_token" ""
make "$folder/grafana_reader_password" "$(random)"
# What the boards on the console read PostgreSQL with: the same role.
make "$folder/boards_database_url" "postgres://observatory_grafana:$(cat "$folder/grafana_reader_password")@postgres:5432/observatory"
make "$folder/grafana_admin_password" "$(random)"
make "$folder/webhook_token" "$(random)"
make "$folder/link_signing_key" "$(random)"
# Of earlier releases, and readable by every user of this machine.
rm -f "$channels/webhook-token"
make "$folder/console_token" "$(random)"
make "$folder/metrics_token" "$(random)"
make "$folder/otlp_token" "$(random)"
make "$folder/prometheus_password" "$(random)"
make "$folder/alertmanager_password" "$(random)"
