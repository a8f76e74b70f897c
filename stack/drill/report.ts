import { formatDuration } from "../../core/lib/config.ts"
import type { StackOutcome } from "./run.ts"
import type { Outcome } from "./run-scenario.ts"

/** Everything that the report says. */
export interface DrillReport extends StackOutcome {
	readonly startedAt: number
	readonly endedAt: number
	readonly machine: string
	/** The drills that exist and were not part of this run. */
	readonly notRun: readonly string[]
}

/** Whether every drill passed, nothing unexpected happened, and the books balance. */
export const passed = ({ outcomes, interrupted, unexplained, imbalances }: StackOutcome): boolean =>
	!interrupted &&
	unexplained.length === 0 &&
	imbalances.length === 0 &&
	outcomes.every((outcome) => failuresOf(outcome).length === 0)

export const failuresOf = ({ assessments, failures }: Outcome): string[] => [
	...assessments.flatMap((one) => one.failures.map((text) => `${one.alert}: ${text}`)),
	...failures,
]

/** The whole report as JSON. */
export const renderJson = (report: DrillReport): string =>
	`${JSON.stringify({ passed: passed(report), ...report }, null, 2)}\n`

/** The report as a page. */
export function renderMarkdown(report: DrillReport): string {
	const { outcomes, startedAt, endedAt, machine, notRun, counts, unexplained, imbalances, interrupted } = report
	const faults = outcomes.filter(({ kind }) => kind === "fault")
	const quiet = outcomes.filter(({ kind }) => kind === "quiet")
	const wrong = outcomes.filter((outcome) => failuresOf(outcome).length > 0)
	const clocks = outcomes.flatMap(({ assessments }) => assessments.flatMap(({ clockMs }) => clockMs ?? []))
	return `${[
		`${passed(report) ? "Passed" : "Failed"}: ${faults.length} faults and ${quiet.length} quiet drills, ${wrong.length} of them failed.`,
		"",
		`- Run: ${minute(startedAt)} to ${minute(endedAt)} UTC, ${machine}.`,
		`- From onset to notification, by the incidents' clocks: median ${time(quantile(clocks, 0.5))}, 95 % within ${time(quantile(clocks, 0.95))}, longest ${time(quantile(clocks, 1))}.`,
		interrupted
			? "- Interrupted by a person: nothing was counted."
			: `- Counted: ${counts.incidents.length} incidents, ${counts.remediations} remediations, ${counts.pages} pages, ${counts.jobs} waiting jobs.`,
		...list("Lost, doubled or stuck", imbalances),
		...list(
			"Incidents that no drill explains",
			unexplained.map(
				({ id, alertname, severity, startsAt }) => `${id} ${alertname} (${severity}), ${minute(startsAt)}`,
			),
		),
		...(notRun.length === 0 ? [] : [`- Not run: ${notRun.join(", ")}.`]),
		"",
		"## Faults",
		"",
		"From the fault to the notification, by the drill's clock and by the incident's; from the alert's firing to a",
		"verified remediation; from the repair to the end.",
		"",
		"| drill | alert | notified | by its clock | promised | remediated | resolved | result |",
		"| ----- | ----- | -------- | ------------ | -------- | ---------- | -------- | ------ |",
		...faults.flatMap(faultRows),
		"",
		"## Quiet drills",
		"",
		"| drill | what happens | result |",
		"| ----- | ------------ | ------ |",
		...quiet.map((outcome) => row([outcome.name, outcome.about, result(failuresOf(outcome))])),
	].join("\n")}\n`
}

function faultRows(outcome: Outcome): string[] {
	const { name, assessments, failures } = outcome
	const rows = assessments.map((one) =>
		row([
			name,
			one.alert,
			time(one.detectedMs),
			time(one.clockMs),
			time(one.promisedMs),
			time(one.remediatedMs),
			time(one.resolvedMs),
			result(one.failures),
		]),
	)
	const rest = rows.length === 0 || failures.length > 0 ? [row([name, "", "", "", "", "", "", result(failures)])] : []
	return [...rows, ...rest]
}

const row = (cells: readonly string[]) =>
	`| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`
const result = (failures: readonly string[]) =>
	failures.length === 0 ? "passed" : `**failed**: ${failures.join("; ")}`
const list = (title: string, lines: readonly string[]) =>
	lines.length === 0 ? [`- ${title}: none.`] : [`- ${title}:`, ...lines.map((line) => `  - ${line}`)]
const time = (ms: number | undefined) => (ms === undefined ? "–" : formatDuration(Math.round(ms / 1000) * 1000))
const minute = (at: number) => new Date(at).toISOString().slice(0, 16).replace("T", " ")

function quantile(values: readonly number[], share: number): number | undefined {
	const inOrder = [...values].sort((a, b) => a - b)
	return inOrder[Math.max(0, Math.ceil(share * inOrder.length) - 1)]
}
