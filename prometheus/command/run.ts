import path from "node:path"
import { CONFIG_FILE } from "../../alertmanager/render/plan.ts"
import { explain, ObservatoryError } from "../../core/lib/errors.ts"
import { nearest } from "../../core/lib/nearest.ts"
import { explainAlert } from "../render/explain.ts"
import { renderAlert } from "../render/rules.ts"
import { compile, ROOT } from "./compile.ts"
import { deploy } from "./deploy.ts"
import { apply, assertUnchanged, changes, readIfThere, readText } from "./files.ts"
import { alertsIn } from "./loaded.ts"
import { compareMeaning, renderMeaning } from "./meaning.ts"
import type { Options } from "./options.ts"
import { ALERTS_FILE, RECORDINGS_FILE } from "./plan.ts"
import type { Servers } from "./reload.ts"
import { exitCode, type Outcome, renderFindings, renderOutcome } from "./report.ts"
import { isTested } from "./tested.ts"
import { textDiff } from "./textdiff.ts"
import { check } from "./tools.ts"

/** Tests by hand: for the alerts that are PromQL, and for recordings that two exporters feed. */
const WRITTEN_TESTS = ["prometheus/tests/promql.test.yml", "prometheus/tests/recordings.test.yml"]

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

/** @param say a line about what it does now, where that takes a while */
async function run(options: Options, servers: () => Servers, say: (text: string) => void): Promise<Outcome> {
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
	const reload: string[] = []
	if (options.reload) {
		const at = servers()
		say(`Reloading Prometheus at ${at.prometheus.url} and Alertmanager at ${at.alertmanager.url} …`)
		const expected = { alerts: alertsIn(prometheus.plan.get(ALERTS_FILE) ?? ""), receivers: alertmanager.receivers }
		try {
			reload.push(await deploy(at, directory, list, expected))
		} catch (error) {
			// The error replaces the outcome, and a warning may be its reason.
			const warnings = renderFindings(findings, options.format)
			if (warnings !== "") say(warnings)
			throw error
		}
	}
	return { ...outcome, reload, result: list.length > 0 ? "written" : "unchanged" }
}

function unknownAlert(name: string, alerts: readonly { name: string }[]): ObservatoryError {
	const names = [...new Set(alerts.map((alert) => alert.name))]
	const near = nearest(name, names)
	return new ObservatoryError("not_found", `there is no alert ${name}`, {
		advice: near ? `Did you mean ${near}?` : `The alerts are ${names.join(", ")}.`,
	})
}

/** Runs the command, prints what it has to report, and returns its exit code; `servers` is asked for a reload only. */
export async function once(options: Options, servers: () => Servers): Promise<number> {
	try {
		const say = (text: string) => options.format !== "json" && process.stderr.write(`${text}\n`)
		const outcome = await run(options, servers, say)
		process.stdout.write(renderOutcome(outcome, options.format))
		return exitCode(outcome)
	} catch (error) {
		if (options.format === "json")
			process.stdout.write(`${JSON.stringify({ result: "refused", error: explain(error) })}\n`)
		else process.stderr.write(`${explain(error)}\n`)
		return 1
	}
}
