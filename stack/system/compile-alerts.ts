import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { z } from "zod"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { rememberCompilation } from "../control/reload.ts"
import { withFetched } from "../packages/programs.ts"
import { entryPoint, nodeCommand } from "../process/node-command.ts"
import { authority } from "../settings.ts"
import { type Plan, programEnv, urlsOf } from "./plan.ts"
import { secretOf } from "./server-user.ts"

const run = promisify(execFile)

/** The folder of the channels' secrets, which Alertmanager reads. */
export const channelSecrets = (projectRoot: string): string => join(projectRoot, "alertmanager/secrets")

/** The compiler's summary of this run's alerts. */
export interface AlertsReport {
	alerts: number
	/** Channels without a secret: their notifications go to the console's inbox. */
	inboxChannels: readonly string[]
}

export const createAlertsReport = (): AlertsReport => ({ alerts: 0, inboxChannels: [] })

const outcomeSchema = z.object({ alerts: z.number(), inboxChannels: z.array(z.object({ channel: z.string() })) })

/**
 * Compiles `prometheus/alerts.yaml` into the folder of local state, with the addresses of this run.
 *
 * @throws ObservatoryError `config_invalid`, with the compiler's output
 */
export async function compileAlerts(plan: Plan, report: AlertsReport, signal: AbortSignal): Promise<void> {
	try {
		const outcome = outcomeSchema.parse(JSON.parse(await compiler(plan, "json", signal)))
		report.alerts = outcome.alerts
		report.inboxChannels = outcome.inboxChannels.map(({ channel }) => channel)
	} catch (error) {
		signal.throwIfAborted()
		// Runs the compiler again for its output for people: the first run printed JSON.
		const output = await compiler(plan, "text", signal).then(() => messageOf(error), compilerOutput)
		throw new ObservatoryError("config_invalid", output, {
			advice: "Correct the lines above and start again. npm run rules compiles the alerts without starting anything.",
		})
	}
}

async function compiler(plan: Plan, format: "json" | "text", signal: AbortSignal): Promise<string> {
	const { home, projectRoot, machine } = plan
	const { webhook, console, grafana } = urlsOf(plan.settings)
	const { PROMETHEUS_LISTEN, ALERTMANAGER_LISTEN } = plan.settings
	const options = {
		out: home.root,
		"webhook-url": webhook,
		"console-url": console,
		"grafana-url": grafana,
		"token-file": secretOf(plan, "alertmanager", plan.webhookToken),
		"secrets-dir": channelSecrets(projectRoot),
		"prometheus-url": `http://${authority(PROMETHEUS_LISTEN)}`,
		"alertmanager-url": `http://${authority(ALERTMANAGER_LISTEN)}`,
		...(plan.settings.ALERTS_FILE === undefined ? {} : { file: plan.settings.ALERTS_FILE }),
	}
	const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
	const { file, args } = nodeCommand(entryPoint("prometheus/main"), [...flags, `--format=${format}`])
	const path = withFetched(machine.searchPath, home.packages)
	rememberCompilation(home.run, { options: flags, path })
	const env = { ...programEnv(plan), PATH: path }
	const { stdout } = await run(file, args, { cwd: projectRoot, env, signal, timeout: 120_000 })
	return stdout
}

function compilerOutput(error: unknown): string {
	const { stderr, stdout } = error as { stderr?: string; stdout?: string }
	return (
		[stdout, stderr]
			.map((text) => text?.trim() ?? "")
			.filter((text) => text !== "")
			.join("\n") || messageOf(error)
	)
}
