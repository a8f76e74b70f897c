import { type AlertEntry, type AlertsDocument, alertSchema, fileSchema, SEVERITIES, type Severity } from "../schema.ts"
import type { Source, Span, Tell } from "../source.ts"
import { tellIssue } from "./issues.ts"
import { child, parseTree, plain, spanAt, type Tree } from "./tree.ts"

/** An alert as written, with a way back to where each field stands. */
export interface WrittenAlert {
	readonly severity: Severity
	readonly entry: AlertEntry
	spanOf(field: keyof AlertEntry, ...deeper: readonly PropertyKey[]): Span
	/** The whole entry's first field, for what concerns all of it. */
	readonly span: Span
}

export interface WrittenParameter {
	readonly name: string
	readonly value: number | string
	readonly span: Span
	readonly keySpan: Span
}

export interface WrittenFile {
	readonly alerts: readonly WrittenAlert[]
	readonly parameters: readonly WrittenParameter[]
	readonly runbookBase: string | undefined
}

/**
 * The file's shape, checked against the schema. Alerts that do not fit are told about and left out, so that the
 * conditions of the others are still looked at.
 */
export function readDocument(source: Source, tell: Tell): WrittenFile | undefined {
	const tree = parseTree(source, tell)
	if (!tree) return undefined
	const value = plain(tree)
	const parsed = fileSchema.safeParse(value)
	if (!parsed.success)
		for (const issue of parsed.error.issues) tellIssue(issue, { tree, value, knownKeys, describe }, tell)
	return {
		alerts: readAlerts(tree, parsed.data),
		parameters: readParameters(tree),
		runbookBase: parsed.data?.runbook_base,
	}
}

/** With a mistake somewhere in the file, each alert is held against the schema by itself. */
function readAlerts(tree: Tree, file: AlertsDocument | undefined): WrittenAlert[] {
	const alerts = child(tree, "alerts")
	return SEVERITIES.flatMap((severity) => {
		const list = alerts && child(alerts, severity)
		if (list?.kind !== "seq") return []
		return list.items.flatMap((item, i) => {
			const entry = file ? file.alerts[severity]?.[i] : alertSchema.safeParse(plain(item)).data
			if (!entry) return []
			const first = item.kind === "map" ? item.entries[0]?.value.span : undefined
			return [
				{
					severity,
					entry,
					span: first ?? item.span,
					spanOf: (field, ...deeper) => spanAt(item, [field, ...deeper]),
				} satisfies WrittenAlert,
			]
		})
	})
}

function readParameters(tree: Tree): WrittenParameter[] {
	const parameters = child(tree, "parameters")
	if (parameters?.kind !== "map") return []
	return parameters.entries.flatMap(({ key, keySpan, value }) =>
		value.kind === "scalar" && (typeof value.value === "number" || typeof value.value === "string")
			? [{ name: key, value: value.value, span: value.span, keySpan }]
			: [],
	)
}

const knownKeys = (path: readonly PropertyKey[]): string[] => {
	if (path.length === 0) return Object.keys(fileSchema.shape)
	return path.length === 1 ? [...SEVERITIES] : Object.keys(alertSchema.shape)
}

function describe(path: readonly PropertyKey[]): string {
	if (path.length === 0) return "the file"
	const [, severity, index, ...rest] = path
	if (path[0] === "alerts" && index !== undefined) {
		const field = rest.filter((step) => typeof step === "string").join(".")
		return field === "" ? `${String(severity)} alert ${Number(index) + 1}` : field
	}
	return path.map(String).join(".")
}
