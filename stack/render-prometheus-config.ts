import { stringify } from "yaml"
import { SERVER_USER } from "../core/clients/endpoint.ts"

/** Prometheus' scrape addresses, each as `host:port`. */
export interface ScrapeAddresses {
	readonly exporters: string
	readonly webhook: string
	readonly prometheus: string
	readonly alertmanager: string
}

/** Prometheus' credential files. */
export interface ScrapeCredentials {
	readonly metricsToken: string
	readonly prometheusPassword: string
	readonly alertmanagerPassword: string
}

interface Surroundings {
	readonly ruleFiles: string
	/** The file's first line, as a comment. */
	readonly header: string
	readonly credentials: ScrapeCredentials
	readonly environment?: string
}

/** The exporters' groups; each is a job with a path below `/metrics`. */
export const EXPORTER_JOBS = ["health", "autonomous", "safety", "business"] as const

/** `prometheus.yml`: scrape jobs, rule files and the Alertmanager. */
export function renderPrometheusConfig(
	addresses: ScrapeAddresses,
	{ ruleFiles, header, credentials, environment }: Surroundings,
): string {
	const { metricsToken, prometheusPassword, alertmanagerPassword } = credentials
	const bearer = { authorization: { credentials_file: metricsToken } }
	const basic = (password_file: string) => ({ basic_auth: { username: SERVER_USER, password_file } })
	const job = (job_name: string, target: string, credential: object, metrics_path = "/metrics") => ({
		job_name,
		metrics_path,
		...credential,
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
		alerting: {
			alertmanagers: [{ ...basic(alertmanagerPassword), static_configs: [{ targets: [addresses.alertmanager] }] }],
		},
		scrape_configs: [
			...EXPORTER_JOBS.map((name) => job(name, addresses.exporters, bearer, `/metrics/${name}`)),
			job("alert-webhook", addresses.webhook, bearer),
			job("prometheus", addresses.prometheus, basic(prometheusPassword)),
			job("alertmanager", addresses.alertmanager, basic(alertmanagerPassword)),
		],
	}
	return `# ${header}\n${stringify(config)}`
}
