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
# The owner of the database, which migrates it, and the roles of the programs.
make "$folder/database_url" "postgres://observatory:$(cat "$folder/postgres_password")@postgres:5432/observatory"
make "$folder/postgres_exporters_password" "$(random)"
make "$folder/exporters_database_url" "postgres://observatory_exporters:$(cat "$folder/postgres_exporters_password")@postgres:5432/observatory"
make "$folder/postgres_webhook_password" "$(random)"
make "$folder/webhook_database_url" "postgres://observatory_webhook:$(cat "$folder/postgres_webhook_password")@postgres:5432/observatory"
# The monitored system: its own database and a token for its repository, to be replaced by real ones. Empty means none.
# Earlier releases put the owner of our own database here.
if cmp -s "$folder/source_database_url" "$folder/database_url"; then rm -f "$folder/source_database_url"; fi
make "$folder/source_database_url" ""
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
