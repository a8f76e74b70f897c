import type { Diagnostic } from "../../core/alerts/diagnostics.ts"
import { renderGithub } from "../../core/alerts/report/github.ts"
import { renderText, tally } from "../../core/alerts/report/text.ts"
import type { Source } from "../../core/alerts/source.ts"
import type { MeaningChange } from "./meaning.ts"
import type { Format } from "./options.ts"
import type { CheckResult } from "./tools.ts"

/** Note in one of the files that people edit. */
export interface Findings {
	readonly source: Source
	readonly diagnostics: readonly Diagnostic[]
}

/** Everything a run has to report, for people and for machines. */
export interface Outcome {
	readonly result: "written" | "unchanged" | "stale" | "different" | "explained" | "refused"
	readonly findings: readonly Findings[]
	readonly alerts: number
	readonly recordings: number
	readonly tests: number
	readonly changedFiles: readonly string[]
	readonly meaning: readonly MeaningChange[]
	readonly inboxChannels: readonly { readonly channel: string; readonly reason: string }[]
	readonly untested: readonly { readonly alert: string; readonly reason: string }[]
	readonly checks: readonly CheckResult[]
	/** The answers of Prometheus and Alertmanager to the reload, when one was asked for. */
	readonly reload: readonly string[]
	/** Lines for people only: a difference or an explanation. */
	readonly text: string
}

export const exitCode = ({ result }: Outcome): 0 | 1 => (result === "stale" || result === "refused" ? 1 : 0)

export function renderOutcome(outcome: Outcome, format: Format): string {
	if (format === "json") return `${JSON.stringify(asJson(outcome), null, 2)}\n`
	const spoken = outcome.findings.map(({ source, diagnostics }) =>
		format === "github" ? renderGithub(source, diagnostics) : renderText(source, diagnostics.filter(isWorthALine)),
	)
	return [...spoken, outcome.text, ...outcome.checks.flatMap(verdictLines), ...summary(outcome)]
		.filter((part) => part !== "")
		.join("\n\n")
		.concat("\n")
}

/** Channels in the inbox are reported once, in the summary, instead of at every alert. */
const isWorthALine = ({ id }: Diagnostic) => id !== "unconfigured-channel"

function asJson({ findings, text, ...rest }: Outcome) {
	return {
		...rest,
		diagnostics: findings.flatMap(({ source, diagnostics }) =>
			diagnostics.map((diagnostic) => ({ file: source.name, ...diagnostic })),
		),
		...(text === "" ? {} : { text }),
	}
}

function verdictLines({ tool, result, output }: CheckResult): string[] {
	return result === "failed" ? [`${tool} refuses the output:\n${output.replace(/^/gm, "  ")}`] : []
}

function summary(outcome: Outcome): string[] {
	const { result, alerts, recordings, tests, changedFiles, inboxChannels, untested, checks, findings } = outcome
	const problems = tally(findings.flatMap(({ diagnostics }) => diagnostics.filter(isWorthALine)))
	if (result === "refused")
		return [
			`Nothing was changed: ${problems}${checks.some((check) => check.result === "failed") ? ", output refused" : ""}.`,
		]
	if (result === "explained") return []
	const files = changedFiles.map((file) => `  ${file}`).join("\n")
	const missing = checks.filter((check) => check.result === "missing").map(({ tool }) => tool)
	const state = {
		written: `Written:\n${files}`,
		unchanged: "The output is up to date.",
		stale: `The output is stale:\n${files}\nRun npm run rules and commit the result.`,
		different: changedFiles.length === 0 ? "Nothing would change." : `Would change:\n${files}`,
	}[result]
	return [
		inboxChannels.length === 0
			? ""
			: `Channels that are not configured; their notifications go to the console's inbox:\n${inboxChannels.map(({ channel, reason }) => `  ${channel}: ${reason}`).join("\n")}`,
		untested.length === 0
			? ""
			: `Alerts whose firing no generated test shows:\n${untested.map(({ alert, reason }) => `  ${alert}: ${reason}`).join("\n")}`,
		missing.length === 0
			? ""
			: `Not installed, so not run: ${missing.join(", ")}. Debian: apt-get install prometheus prometheus-alertmanager; macOS: brew install prometheus alertmanager.`,
		...outcome.reload,
		state,
		`${alerts} alerts, ${recordings} recording rules, ${tests} rule tests; ${problems}.`,
	].filter((part) => part !== "")
}
