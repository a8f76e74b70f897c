import path from "node:path"
import { readChannels } from "../../alertmanager/read.ts"
import { planAlertmanager } from "../../alertmanager/render/plan.ts"
import { inboxReason } from "../../alertmanager/render/receivers.ts"
import { compileAlerts } from "../../core/alerts/compile.ts"
import { createSource } from "../../core/alerts/source.ts"
import { SUBJECTS } from "../../core/catalogue/index.ts"
import { renderCoverage } from "../render/coverage.ts"
import { renderDiagnostics, renderPaths, renderRemediations, renderSchema } from "../render/reference.ts"
import { isFilled, listDirectory, readText } from "./files.ts"
import type { Options } from "./options.ts"
import { planPrometheus } from "./plan.ts"
import type { Findings } from "./report.ts"

export const ROOT = path.resolve(import.meta.dirname, "../..")
const SHIPPED_ALERTS = "prometheus/alerts.yaml"
/** The two files that people edit. */
export const filesOf = ({ file, channels }: Options) => ({
	alerts: file ?? path.join(ROOT, SHIPPED_ALERTS),
	channels: channels ?? path.join(ROOT, "alertmanager/channels.yaml"),
})

/** Reads and compiles both files; the plan is there when neither has an error. */
export function compile(options: Options) {
	const { alerts: alertsPath, channels: channelsPath } = filesOf(options)
	const shown = (file: string) => path.relative(process.cwd(), path.resolve(file)) || file
	const secretsDir = options.secretsDir ?? path.join(ROOT, "alertmanager/secrets")
	const delivery = {
		webhookUrl: options.webhookUrl,
		tokenFile: options.tokenFile,
		version: options.alertmanagerVersion,
		secretPath: (name: string) =>
			isFilled(path.join(secretsDir, name))
				? path.join(options.secretsMount ?? "/etc/alertmanager/secrets", name)
				: undefined,
	}

	const channelsSource = createSource(shown(channelsPath), readText(channelsPath))
	const channels = readChannels(channelsSource)
	const known =
		channels.file &&
		new Map(
			Object.entries(channels.file.channels).map(([name, channel]) => [
				name,
				{ configured: inboxReason(channel, delivery) === undefined },
			]),
		)
	const runbooks = listDirectory(path.join(ROOT, "docs/runbooks")).flatMap((name) =>
		name.endsWith(".md") ? [name.slice(0, -3)] : [],
	)
	const source = createSource(shown(alertsPath), readText(alertsPath))
	const foreign = path.resolve(alertsPath) !== path.join(ROOT, SHIPPED_ALERTS)
	const compiled = compileAlerts(source, {
		runbooks: new Set(runbooks),
		foreign,
		...(known ? { channels: known } : {}),
	})
	const findings: Findings[] = [
		{ source, diagnostics: compiled.diagnostics },
		{ source: channelsSource, diagnostics: channels.diagnostics },
	]
	const read = [
		{ file: alertsPath, text: source.text },
		{ file: channelsPath, text: channelsSource.text },
	]
	if (!compiled.file || !channels.file) return { findings, read, output: undefined }

	const links = {
		runbookBase: compiled.file.runbookBase?.replace(/\/+$/, "") ?? `${options.consoleUrl}/runbooks`,
		grafanaBase: options.grafanaUrl,
	}
	const prometheus = planPrometheus(compiled.file, SUBJECTS, links)
	const template = readText(path.join(ROOT, "alertmanager/templates/observatory.tmpl"))
	const runbookPages = compiled.file.alerts.flatMap(({ runbook }) =>
		runbook === undefined || !URL.canParse(runbook) ? [] : [runbook],
	)
	const bases = { console: options.consoleUrl, others: [links.grafanaBase, links.runbookBase, ...runbookPages] }
	const alertmanager = planAlertmanager(compiled.file, channels.file, delivery, bases, template)
	const reference: [string, string][] =
		options.file === undefined && options.out === undefined
			? [
					["prometheus/alerts.schema.json", renderSchema()],
					["docs/alert-paths.md", renderPaths(SUBJECTS)],
					["docs/coverage.md", renderCoverage(compiled.file)],
					["docs/diagnostics.md", renderDiagnostics()],
					["docs/remediations.md", renderRemediations()],
				]
			: []
	return {
		findings,
		read,
		output: {
			file: compiled.file,
			links,
			prometheus,
			alertmanager,
			plan: new Map([...prometheus.plan, ...alertmanager.plan, ...reference]),
		},
	}
}
