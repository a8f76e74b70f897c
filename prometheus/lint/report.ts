import { renderAnnotation } from "../../core/alerts/report/github.ts"
import { formatDuration } from "../../core/lib/config.ts"
import { printable } from "../../core/lib/plain-text.ts"
import { version } from "../../core/lib/version.ts"
import { type Finding, LINTS, type LintSeverity } from "./findings.ts"
import type { AlertReport, LintResult } from "./lint.ts"

export const LINT_FORMATS = ["text", "json", "sarif", "github"] as const
export type LintFormat = (typeof LINT_FORMATS)[number]

/** The result of a lint in one of the formats; text leaves findings of the severity info out unless `verbose`. */
export function renderLint(result: LintResult, format: LintFormat, verbose: boolean): string {
	switch (format) {
		case "json":
			return JSON.stringify({ rules: result.rules, findings: result.findings, alerts: result.alerts }, null, 2)
		case "sarif":
			return JSON.stringify(sarif(result), null, 2)
		case "github":
			return result.findings.map(annotation).join("\n")
		default:
			return text(result, verbose)
	}
}

function text({ findings, alerts, rules }: LintResult, verbose: boolean): string {
	const shown = findings.filter(({ severity }) => verbose || severity !== "info")
	const lines = shown.map(
		({ file, line, column, severity, id, rule, message }) =>
			`${file}:${line}:${column}: ${severity}: ${rule === undefined ? "" : `${rule}: `}${message} (${id})`,
	)
	const table = verbose ? ["", ...alertTable(alerts)] : []
	const hidden = findings.length - shown.length
	const more = hidden > 0 ? `; --verbose shows ${hidden} more and the time to detection of each alert` : ""
	return printable([...lines, ...table, `${rules} rules, ${countWords(findings)}${more}`].join("\n"))
}

function alertTable(alerts: readonly AlertReport[]): string[] {
	const width = Math.max(0, ...alerts.map(({ alert }) => alert.length))
	return alerts.map(
		({ alert, detection, whenMissing }) =>
			`${alert.padEnd(width)}  notified within ${formatDuration(detection.total).padEnd(8)} when its series are missing: ${whenMissing}`,
	)
}

function countWords(findings: readonly Finding[]): string {
	const count = (severity: LintSeverity) => findings.filter((each) => each.severity === severity).length
	return `${count("error")} errors, ${count("warning")} warnings`
}

const annotation = ({ file, line, column, severity, id, rule, message }: Finding): string =>
	renderAnnotation({
		severity,
		properties: { file, line, col: column, title: id },
		text: rule === undefined ? message : `${rule}: ${message}`,
	})

const LEVELS = { error: "error", warning: "warning", info: "note" } as const

/** https://docs.oasis-open.org/sarif/sarif/v2.1.0 */
function sarif({ findings }: LintResult) {
	return {
		$schema: "https://json.schemastore.org/sarif-2.1.0.json",
		version: "2.1.0",
		runs: [
			{
				tool: {
					driver: {
						name: "mcp-observatory rules --lint",
						version: version(),
						rules: Object.entries(LINTS).map(([id, { meaning, severity }]) => ({
							id,
							shortDescription: { text: meaning },
							defaultConfiguration: { level: LEVELS[severity] },
						})),
					},
				},
				results: findings.map(({ file, id, severity, line, column, rule, message }) => ({
					ruleId: id,
					level: LEVELS[severity],
					message: { text: rule === undefined ? message : `${rule}: ${message}` },
					locations: [
						{
							physicalLocation: {
								artifactLocation: { uri: file.split("\\").join("/") },
								region: { startLine: line, startColumn: column },
							},
						},
					],
				})),
			},
		],
	}
}
