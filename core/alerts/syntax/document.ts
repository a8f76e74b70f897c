import { nearest } from "../../lib/nearest.ts"
import { type AlertEntry, type AlertsDocument, alertSchema, fileSchema, SEVERITIES, type Severity } from "../schema.ts"
import type { Report, Source, Span } from "../source.ts"
import { reportIssue } from "./issues.ts"
import { mapOffsets } from "./offsets.ts"
import { child, parseTree, plain, spanAt, type Tree } from "./tree.ts"

type Field = keyof AlertEntry

/** An alert as written, with the place of each field. */
export interface WrittenAlert {
	readonly severity: Severity
	/** Its name, or its place in the file when it has none that fits. */
	readonly label: string
	/** The fields that fit the schema. */
	readonly entry: Partial<AlertEntry>
	/** The fields that do not, which has been reported: what they mean is not known. */
	readonly unfit: ReadonlySet<Field>
	spanOf(field: Field, ...deeper: readonly PropertyKey[]): Span
	/** A part of a field's text as a place in the file. */
	spanInside(field: Field, value: string, part: Span): Span
	/** The whole entry's first field, for what concerns all of it. */
	readonly span: Span
}

export interface WrittenParameter {
	readonly name: string
	/** Undefined when it is no number or text, which has been reported. */
	readonly value: number | string | undefined
	readonly span: Span
	readonly keySpan: Span
}

export interface WrittenFile {
	readonly alerts: readonly WrittenAlert[]
	readonly parameters: readonly WrittenParameter[]
	readonly runbookBase: string | undefined
}

/** The file's shape, checked against the schema. A field that does not fit is reported; all others are still read. */
export function readDocument(source: Source, report: Report): WrittenFile | undefined {
	const tree = parseTree(source, report)
	if (!tree) return undefined
	const other = otherFile(tree)
	if (other) return void report(spanAt(tree, []), { id: "wrong-file", severity: "error", ...other })
	const value = plain(tree)
	const parsed = fileSchema.safeParse(value)
	if (!parsed.success)
		for (const issue of parsed.error.issues) reportIssue(issue, { tree, value, knownKeys, describe, belongs }, report)
	return {
		alerts: readAlerts(source, tree, parsed.data),
		parameters: readParameters(tree),
		runbookBase: parsed.data?.runbook_base,
	}
}

function readAlerts(source: Source, tree: Tree, file: AlertsDocument | undefined): WrittenAlert[] {
	const alerts = child(tree, "alerts")
	return SEVERITIES.flatMap((severity) => {
		const list = alerts && child(alerts, severity)
		if (list?.kind !== "seq") return []
		return list.items.flatMap((item, i) => {
			if (item.kind !== "map") return []
			const complete = file?.alerts[severity]?.[i]
			const { entry, unfit } = complete ? { entry: complete, unfit: NONE } : readFields(plain(item) as object)
			return [
				{
					severity,
					label: entry.name ?? `${severity} alert ${i + 1}`,
					entry,
					unfit,
					span: item.entries[0]?.value.span ?? item.span,
					spanOf: (field, ...deeper) => spanAt(item, [field, ...deeper]),
					spanInside: (field, value, part) => mapOffsets(source.text, spanAt(item, [field]), value)(part),
				} satisfies WrittenAlert,
			]
		})
	})
}

const NONE: ReadonlySet<Field> = new Set()
const FIELDS = Object.keys(alertSchema.shape) as Field[]

/** Each field by itself; a mistyped name leaves open what the field meant by it says. */
function readFields(written: object): { entry: Partial<AlertEntry>; unfit: ReadonlySet<Field> } {
	const values = new Map(Object.entries(written))
	const entry: [Field, unknown][] = []
	const unfit = new Set<Field>()
	for (const field of FIELDS) {
		const read = alertSchema.shape[field].safeParse(values.get(field))
		if (!read.success) unfit.add(field)
		else if (read.data !== undefined) entry.push([field, read.data])
	}
	for (const key of values.keys()) {
		const meant = key in alertSchema.shape ? undefined : nearest(key, FIELDS)
		if (meant !== undefined && !values.has(meant)) unfit.add(meant as Field)
	}
	return { entry: Object.fromEntries(entry), unfit }
}

function readParameters(tree: Tree): WrittenParameter[] {
	const parameters = child(tree, "parameters")
	if (parameters?.kind !== "map") return []
	return parameters.entries.map(({ key, keySpan, value: at }) => {
		const value = plain(at)
		const fits = typeof value === "number" || typeof value === "string"
		return { name: key, value: fits ? value : undefined, span: at.span, keySpan }
	})
}

/** What a file is that is no alerts.yaml, and what to do with it; undefined for any other file. */
function otherFile(tree: Tree): { message: string; hint: string } | undefined {
	if (child(tree, "alerts")) return undefined
	if (child(tree, "groups"))
		return {
			message: "this is a rules file of Prometheus, not an alerts.yaml",
			hint: "list it under rule_files in prometheus.yml as it is; or write each rule under alerts.SEVERITY with alert as name, for as duration, its annotations as summary and description, and expr unchanged",
		}
	if (child(tree, "channels"))
		return {
			message: "this is a channels.yaml, not an alerts.yaml",
			hint: "give it with --channels, and an alerts.yaml with --file",
		}
	if (child(tree, "route") || child(tree, "receivers"))
		return {
			message: "this is a configuration of Alertmanager, not an alerts.yaml",
			hint: "the compiler writes that file; define the channels in alertmanager/channels.yaml",
		}
	return undefined
}

function belongs(path: readonly PropertyKey[], key: string): string | undefined {
	const isSeverity = (SEVERITIES as readonly string[]).includes(key)
	const inAlert = path.length >= 3
	if (isSeverity && path.length !== 1)
		return inAlert ? `indent ${key} less: as far as the severities above` : `indent ${key} under alerts:`
	if (key in alertSchema.shape && !inAlert) return `${key} is a field of an alert: indent it as far as the alert's name`
	if (key in fileSchema.shape && path.length > 0) return `${key} is a field of the file: do not indent it`
	return undefined
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
