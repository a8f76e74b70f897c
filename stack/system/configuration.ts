import { execFile } from "node:child_process"
import { mkdirSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { withFetched } from "../packages/programs.ts"
import type { Step } from "../parts/part.ts"
import { entryPoint, nodeCommand } from "../process/node-command.ts"
import { renderPrometheusConfig } from "../render-prometheus-config.ts"
import { authority } from "../settings.ts"
import { type Plan, programEnv, urlsOf } from "./plan.ts"

const run = promisify(execFile)

/** Writes what Prometheus and Alertmanager are configured with here; the alerts come from `prometheus/alerts.yaml`. */
export function configurationPart(plan: Plan): Step {
	return {
		kind: "step",
		name: "configuration",
		title: "Configuration",
		needs: [],
		essential: true,
		async run(_report, signal) {
			const { home, settings } = plan
			const rules = join(home.prometheus, "rules")
			mkdirSync(rules, { recursive: true })
			await compileAlerts(plan, rules, signal)
			const addresses = {
				exporters: authority(settings.EXPORTERS_LISTEN),
				webhook: authority(settings.WEBHOOK_LISTEN),
				prometheus: authority(settings.PROMETHEUS_LISTEN),
				alertmanager: authority(settings.ALERTMANAGER_LISTEN),
			}
			const header = "Written at each start of the local run; changes here are lost."
			writeWhole(join(home.prometheus, "prometheus.yml"), renderPrometheusConfig(addresses, `${rules}/*.yml`, header))
			return "alerts compiled from prometheus/alerts.yaml"
		},
	}
}

/** The compiler is a program of its own; what it says about a faulty file is written for a person and passed on whole. */
async function compileAlerts(plan: Plan, rules: string, signal: AbortSignal): Promise<void> {
	const { home, webhookToken, settings } = plan
	const { file, args } = nodeCommand(entryPoint("prometheus/main"), [
		`--rules-dir=${rules}`,
		`--alertmanager-file=${join(home.alertmanager, "alertmanager.yml")}`,
		`--webhook-url=${urlsOf(settings).webhook}`,
		`--webhook-token-file=${webhookToken.file}`,
	])
	const env = { ...programEnv(plan), PATH: withFetched(plan.machine.searchPath, home.packages) }
	try {
		await run(file, args, { cwd: plan.projectRoot, env, signal, timeout: 120_000 })
	} catch (error) {
		const { stderr, stdout } = error as { stderr?: string; stdout?: string }
		throw new ObservatoryError("config_invalid", stderr?.trim() || stdout?.trim() || messageOf(error), {
			advice: "Correct prometheus/alerts.yaml, check it with npm run rules, and start again.",
		})
	}
}

function writeWhole(file: string, text: string): void {
	writeFileSync(`${file}.new`, text)
	renameSync(`${file}.new`, file)
}
