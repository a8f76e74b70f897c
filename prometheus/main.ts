/** `npm run rules`: alerts.yaml and channels.yaml in, rules, rule tests and the Alertmanager configuration out. */
import path from "node:path"
import { OBSERVATORY, readChannels } from "../alertmanager/read.ts"
import { CONFIG_FILE, planAlertmanager } from "../alertmanager/render/plan.ts"
import { inboxReason } from "../alertmanager/render/receivers.ts"
import { compileAlerts } from "../core/alerts/compile.ts"
import { createSource } from "../core/alerts/source.ts"
import { SUBJECTS } from "../core/catalogue/index.ts"
import { serversFor } from "../core/clients/endpoint.ts"
import { explain, ObservatoryError } from "../core/lib/errors.ts"
import { nearest } from "../core/lib/nearest.ts"
import { deploy } from "./command/deploy.ts"
import { apply, assertUnchanged, changes, isFilled, listDirectory, readIfThere, readText } from "./command/files.ts"
import { alertsIn } from "./command/loaded.ts"
import { compareMeaning, renderMeaning } from "./command/meaning.ts"
import { HELP, type Options, readOptions } from "./command/options.ts"
import { ALERTS_FILE, planPrometheus, RECORDINGS_FILE } from "./command/plan.ts"
import { exitCode, type Findings, type Outcome, renderOutcome } from "./command/report.ts"
import { isTested } from "./command/tested.ts"
import { textDiff } from "./command/textdiff.ts"
import { check } from "./command/tools.ts"
import { watch } from "./command/watch.ts"
import { explainAlert } from "./render/explain.ts"
import { renderDiagnostics, renderPaths, renderRemediations, renderSchema } from "./render/reference.ts"
import { renderAlert } from "./render/rules.ts"

const ROOT = path.resolve(import.meta.dirname, "..")
const SHIPPED_ALERTS = "prometheus/alerts.yaml"
/** Tests by hand: for the alerts that are PromQL, and for recordings that two exporters feed. */
const WRITTEN_TESTS = ["prometheus/tests/promql.test.yml", "prometheus/tests/recordings.test.yml"]

/** The two files that people edit. */
const filesOf = ({ file, channels }: Options) => ({
	alerts: file ?? path.join(ROOT, SHIPPED_ALERTS),
	channels: channels ?? path.join(ROOT, "alertmanager/channels.yaml"),
})

/** Reads and compiles both files; the plan is there when neither has an error. */
function compile(options: Options) {
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
	const alertmanager = planAlertmanager(compiled.file, channels.file, delivery, options.consoleUrl, template)
	const reference: [string, string][] =
		options.file === undefined && options.out === undefined
			? [
					["prometheus/alerts.schema.json", renderSchema()],
					["docs/alert-paths.md", renderPaths(SUBJECTS)],
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

const NOTHING: Omit<Outcome, "result" | "findings"> = {
	alerts: 0,
	recordings: 0,
	tests: 0,
	changedFiles: [],
	meaning: [],
	inboxChannels: [],
	untested: [],
	checks: [],
	reload: [],
	text: "",
}

async function run(options: Options): Promise<Outcome> {
	const { findings, read, output } = compile(options)
	if (!output) return { ...NOTHING, result: "refused", findings }
	const { file, links, prometheus, alertmanager, plan } = output
	const written = (options.file === undefined ? WRITTEN_TESTS : []).map(
		(name) => [name, readText(path.join(ROOT, name))] as const,
	)
	if (options.mode === "explain") {
		const asked = file.alerts.filter(({ name }) => name === options.explain)
		if (asked.length === 0) throw unknownAlert(options.explain ?? "", file.alerts)
		return {
			...NOTHING,
			result: "explained",
			findings: [],
			text: asked.map((alert) => explainAlert(alert, file, renderAlert(alert, links), alertmanager.inbox)).join("\n"),
		}
	}

	const directory = path.resolve(options.out ?? ROOT)
	const list = changes(directory, plan)
	const upToDate = list.length === 0 && options.mode !== "check"
	const skipped =
		options.quick || (directory !== ROOT && isTested(prometheus.plan, (file) => readIfThere(path.join(ROOT, file))))
	const tests = skipped ? [] : [...prometheus.testFiles, ...written.map(([name]) => name)]
	const checks = upToDate
		? []
		: await check(new Map([...plan, ...written]), {
				rules: [ALERTS_FILE, RECORDINGS_FILE],
				tests,
				alertmanager: CONFIG_FILE,
			})
	const refused = checks.some(({ result }) => result === "failed")
	const alertsChange = list.find((change) => change.file === ALERTS_FILE)
	const meaning = alertsChange ? compareMeaning(alertsChange.before, alertsChange.after) : []
	const outcome = {
		...NOTHING,
		findings,
		alerts: file.alerts.length,
		recordings: prometheus.recordings,
		tests: prometheus.tests,
		changedFiles: list.map((change) => change.file),
		meaning,
		inboxChannels: alertmanager.inbox,
		untested: prometheus.untested.filter(
			({ alert }) => !written.some(([, text]) => text.includes(`alertname="${alert}"`)),
		),
		checks,
		text: meaning.length === 0 ? "" : `Alerts:\n${renderMeaning(meaning)}`,
	}
	if (refused) return { ...outcome, result: "refused" }
	if (options.mode === "check") return { ...outcome, result: list.length > 0 ? "stale" : "unchanged" }
	if (options.mode === "diff") {
		const texts = list.map((change) => `--- ${change.file}\n${textDiff(change.before ?? "", change.after ?? "")}`)
		return {
			...outcome,
			result: "different",
			text: [outcome.text, ...texts].filter((text) => text !== "").join("\n\n"),
		}
	}
	if (list.length > 0) assertUnchanged(read)
	apply(directory, list)
	const reloaded = options.reload
		? [
				await deploy(serversIn(options), directory, list, {
					alerts: alertsIn(prometheus.plan.get(ALERTS_FILE) ?? ""),
					receivers: [OBSERVATORY, ...alertmanager.receivers],
				}),
			]
		: []
	return { ...outcome, reload: reloaded, result: list.length > 0 ? "written" : "unchanged" }
}

const serversIn = ({ prometheusUrl, alertmanagerUrl, prometheusPid }: Options) => ({
	...serversFor(process.env, { prometheus: prometheusUrl, alertmanager: alertmanagerUrl }),
	prometheusPid,
})

function unknownAlert(name: string, alerts: readonly { name: string }[]): ObservatoryError {
	const names = [...new Set(alerts.map((alert) => alert.name))]
	const near = nearest(name, names)
	return new ObservatoryError("not_found", `there is no alert ${name}`, {
		advice: near ? `Did you mean ${near}?` : `The alerts are ${names.join(", ")}.`,
	})
}

async function once(options: Options): Promise<number> {
	try {
		const outcome = await run(options)
		process.stdout.write(renderOutcome(outcome, options.format))
		return exitCode(outcome)
	} catch (error) {
		if (options.format === "json")
			process.stdout.write(`${JSON.stringify({ result: "refused", error: explain(error) })}\n`)
		else process.stderr.write(`${explain(error)}\n`)
		return 1
	}
}

async function main(): Promise<void> {
	try {
		const options = readOptions(process.argv.slice(2))
		if (options === "help") process.stdout.write(HELP)
		else if (options.watch) await watch([filesOf(options).alerts, filesOf(options).channels], () => once(options))
		else process.exitCode = await once(options)
	} catch (error) {
		process.stderr.write(`${explain(error)}\n`)
		process.exitCode = error instanceof ObservatoryError && error.code === "bad_request" ? 2 : 1
	}
}

await main()
