import { stringify } from "yaml"

/** Prometheus' scrape addresses, each as `host:port`. */
export interface ScrapeAddresses {
	readonly exporters: string
	readonly webhook: string
	readonly prometheus: string
	readonly alertmanager: string
}

/** The exporters' groups; each is a job with a path below `/metrics`. */
export const EXPORTER_JOBS = ["health", "autonomous", "safety", "business"] as const

/** `prometheus.yml`: scrape jobs, rule files and the Alertmanager. */
export function renderPrometheusConfig(
	addresses: ScrapeAddresses,
	{ ruleFiles, header, environment }: { ruleFiles: string; header: string; environment?: string },
): string {
	const job = (job_name: string, target: string, metrics_path = "/metrics") => ({
		job_name,
		metrics_path,
		static_configs: [{ targets: [target] }],
	})
	const config = {
		global: {
			scrape_interval: "15s",
			scrape_timeout: "10s",
			evaluation_interval: "15s",
			// A label on every alert, so that the demo's alerts are not mistaken for real ones.
			...(environment ? { external_labels: { environment } } : {}),
		},
		rule_files: [ruleFiles],
		alerting: { alertmanagers: [{ static_configs: [{ targets: [addresses.alertmanager] }] }] },
		scrape_configs: [
			...EXPORTER_JOBS.map((name) => job(name, addresses.exporters, `/metrics/${name}`)),
			job("alert-webhook", addresses.webhook),
			job("prometheus", addresses.prometheus),
			job("alertmanager", addresses.alertmanager),
		],
	}
	return `# ${header}\n${stringify(config)}`
}
