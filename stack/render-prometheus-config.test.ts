import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { COMPOSE_ADDRESSES, COMPOSE_CREDENTIALS, COMPOSE_RULES } from "./compose/addresses.ts"
import { renderPrometheusConfig } from "./render-prometheus-config.ts"

const HEADER = "Generated from stack/render-prometheus-config.ts; to renew it: npx vitest run --project unit stack -u"
const OPTIONS = { ruleFiles: COMPOSE_RULES, header: HEADER, credentials: COMPOSE_CREDENTIALS }

describe("prometheus.yml", () => {
	it("is committed for docker compose as it is rendered for a local run, with other addresses", async () => {
		const text = renderPrometheusConfig(COMPOSE_ADDRESSES, OPTIONS)
		await expect(text).toMatchFileSnapshot("../prometheus/prometheus.yml")
	})

	it("gives each group of the exporters a job of its own, every 15 seconds", () => {
		const config = parse(renderPrometheusConfig(COMPOSE_ADDRESSES, OPTIONS))
		const jobs = config.scrape_configs.map((job: { job_name: string; metrics_path: string }) => [
			job.job_name,
			job.metrics_path,
		])
		expect(jobs).toEqual([
			["health", "/metrics/health"],
			["autonomous", "/metrics/autonomous"],
			["safety", "/metrics/safety"],
			["business", "/metrics/business"],
			["alert-webhook", "/metrics"],
			["prometheus", "/metrics"],
			["alertmanager", "/metrics"],
		])
		expect(config.global).toEqual({ scrape_interval: "15s", scrape_timeout: "10s", evaluation_interval: "15s" })
	})

	it("presents a credential from a file to every target and to Alertmanager", () => {
		const { scrape_configs, alerting } = parse(renderPrometheusConfig(COMPOSE_ADDRESSES, OPTIONS))
		const files = [...scrape_configs, ...alerting.alertmanagers].map(
			({ authorization, basic_auth }) => authorization?.credentials_file ?? basic_auth?.password_file,
		)
		const { metricsToken, prometheusPassword, alertmanagerPassword } = COMPOSE_CREDENTIALS
		const exporters = Array(4).fill(metricsToken)
		expect(files).toEqual([...exporters, metricsToken, prometheusPassword, alertmanagerPassword, alertmanagerPassword])
	})

	it("labels every alert with its environment, when there is one", () => {
		const options = { ...OPTIONS, environment: "demo" }
		const config = parse(renderPrometheusConfig(COMPOSE_ADDRESSES, options))
		expect(config.global.external_labels).toEqual({ environment: "demo" })
	})
})
