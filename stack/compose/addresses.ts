import type { ScrapeAddresses, ScrapeCredentials } from "../render-prometheus-config.ts"

/** Scrape addresses in docker-compose.yml, by service name. */
export const COMPOSE_ADDRESSES: ScrapeAddresses = {
	exporters: "exporters:9464",
	webhook: "alert-webhook:9099",
	prometheus: "127.0.0.1:9090",
	alertmanager: "alertmanager:9093",
}

/** Prometheus' credential files in docker-compose.yml. */
export const COMPOSE_CREDENTIALS: ScrapeCredentials = {
	metricsToken: "/run/secrets/metrics_token",
	prometheusPassword: "/run/secrets/prometheus_password",
	alertmanagerPassword: "/run/secrets/alertmanager_password",
}

export const COMPOSE_RULES = "/etc/prometheus/rules/*.yml"
