import { type AlertContext, readAlert } from "./alert.ts"
import { type Diagnostic, hasErrors, inFileOrder } from "./diagnostics.ts"
import { LINTS } from "./lint/index.ts"
import type { Outside } from "./lint/lint.ts"
import type { AlertFile } from "./model.ts"
import { readParameters } from "./parameters.ts"
import { collect, type Report, type Source, type Span } from "./source.ts"
import { readDocument, type WrittenAlert, type WrittenFile } from "./syntax/document.ts"

export interface Compiled {
	/** Undefined when there is an error. */
	readonly file: AlertFile | undefined
	/** All there is to say, in file order. */
	readonly diagnostics: readonly Diagnostic[]
}

/** alerts.yaml as typed data. Never throws on what people write: every problem is a diagnostic, all of them at once. */
export function compileAlerts(source: Source, outside: Outside = {}): Compiled {
	const { report, diagnostics } = collect(source)
	const document = readDocument(source, report)
	if (!document) return { file: undefined, diagnostics: inFileOrder(diagnostics) }

	const parameters = readParameters(document.parameters, report)
	const context: AlertContext = { source, parameters, usedParameters: new Set(), report }
	const read = document.alerts.map((written) => ({ written, alert: readAlert(written, context) }))
	reportDuplicates(document.alerts, report)
	reportParameters(document, context)
	if (document.alerts.length === 0 && !hasErrors(diagnostics)) {
		report(
			{ start: 0, end: 1 },
			{
				id: "empty-file",
				severity: "error",
				message: "the file has no alerts",
				expected: "a list under alerts.critical, alerts.warning or alerts.info",
			},
		)
	}
	const file: AlertFile = {
		parameters: [...parameters.values()].flatMap((parameter) =>
			parameter === "unfit" || (parameter.byDefault && !context.usedParameters.has(parameter.name)) ? [] : [parameter],
		),
		runbookBase: document.runbookBase,
		alerts: read.flatMap(({ alert }) => alert ?? []),
	}
	const names = new Set(document.alerts.flatMap(({ entry }) => entry.name ?? []))
	for (const { written, alert } of read) for (const check of LINTS) check({ written, alert, names, outside }, report)
	return { file: hasErrors(diagnostics) ? undefined : file, diagnostics: inFileOrder(diagnostics) }
}

function reportDuplicates(alerts: readonly WrittenAlert[], report: Report): void {
	const seen = new Set<string>()
	for (const { severity, entry, spanOf } of alerts) {
		if (entry.name === undefined) continue
		const key = `${severity}/${entry.name}`
		if (seen.has(key)) {
			report(spanOf("name"), {
				id: "duplicate-name",
				severity: "error",
				message: `there is a second ${severity} alert named ${entry.name}`,
				hint: "names may repeat between severities only",
			})
		}
		seen.add(key)
	}
}

function reportParameters(
	{ parameters: written, alerts }: WrittenFile,
	{ parameters, usedParameters, report }: AlertContext,
): void {
	for (const { name, keySpan } of written) {
		if (!usedParameters.has(name) && !firstUse(name, alerts))
			report(keySpan, {
				id: "unused-parameter",
				severity: "warning",
				message: `no condition uses the parameter ${name}`,
			})
	}
	for (const name of usedParameters) {
		const parameter = parameters.get(name)
		if (!parameter || parameter === "unfit" || !parameter.byDefault) continue
		report(firstUse(name, alerts) ?? { start: 0, end: 1 }, {
			id: "parameter-default",
			severity: "info",
			message: `${name} is not given, so it is ${parameter.value}${parameter.quantity === "usd" ? " US dollars" : ""}`,
			hint: `write it down: parameters: { ${name}: ${parameter.value} }`,
		})
	}
}

/** Also in a condition that is not understood: what is wrong with it is not that it leaves the parameter out. */
function firstUse(name: string, alerts: readonly WrittenAlert[]): Span | undefined {
	const user = alerts.find(({ entry }) => new RegExp(`\\b${name}\\b`).test(entry.condition ?? ""))
	return user?.spanOf("condition")
}
