import { join } from "node:path"
import { writeAtomic } from "../../core/lib/files.ts"
import type { Step } from "../parts/part.ts"
import { renderPrometheusConfig } from "../render-prometheus-config.ts"
import { renderWebConfig } from "../render-web-config.ts"
import { authority } from "../settings.ts"
import { type AlertsReport, compileAlerts } from "./compile-alerts.ts"
import type { Plan } from "./plan.ts"
import { copySecrets, secretOf } from "./server-user.ts"

/** Writes the configuration of Prometheus and Alertmanager; the alerts come from `prometheus/alerts.yaml`. */
export function configurationPart(plan: Plan, alerts: AlertsReport): Step {
	return {
		kind: "step",
		name: "configuration",
		title: "Configuration",
		needs: [],
		essential: true,
		async run(_report, signal) {
			const { home, settings } = plan
			const scraped = [plan.metricsToken, plan.prometheusPassword, plan.alertmanagerPassword] as const
			copySecrets(plan, "prometheus", scraped)
			copySecrets(plan, "alertmanager", [plan.webhookToken])
			const [metricsToken, prometheusPassword, alertmanagerPassword] = scraped.map((secret) =>
				secretOf(plan, "prometheus", secret),
			) as [string, string, string]
			await compileAlerts(plan, alerts, signal)
			const addresses = {
				exporters: authority(settings.EXPORTERS_LISTEN),
				webhook: authority(settings.WEBHOOK_LISTEN),
				prometheus: authority(settings.PROMETHEUS_LISTEN),
				alertmanager: authority(settings.ALERTMANAGER_LISTEN),
			}
			const header = "Written at each start of the local run; changes here are lost."
			writeAtomic(
				join(home.prometheus, "prometheus.yml"),
				renderPrometheusConfig(addresses, {
					ruleFiles: `${home.prometheus}/rules/*.yml`,
					header,
					credentials: { metricsToken, prometheusPassword, alertmanagerPassword },
					...(plan.demo ? { environment: "demo" } : {}),
				}),
			)
			const servers = [
				[home.prometheus, plan.prometheusPassword],
				[home.alertmanager, plan.alertmanagerPassword],
			] as const
			for (const [folder, password] of servers)
				writeAtomic(join(folder, "web.yml"), await renderWebConfig(password.value), 0o600)
			return `${alerts.alerts} alerts from prometheus/alerts.yaml`
		},
	}
}
