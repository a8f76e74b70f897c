import type { z } from "zod"
import { didYouMean } from "../nearest.ts"
import { type AlertEntry, alertSchema, fileSchema, SEVERITIES, type Severity } from "../schema.ts"
import type { Source, Span, Tell } from "../source.ts"
import { child, keySpanAt, parseTree, plain, spanAt, type Tree } from "./tree.ts"

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
	if (!parsed.success) for (const issue of parsed.error.issues) tellIssue(issue, tree, value, tell)
	return { alerts: readAlerts(tree), parameters: readParameters(tree), runbookBase: parsed.data?.runbook_base }
}

function readAlerts(tree: Tree): WrittenAlert[] {
	const alerts = child(tree, "alerts")
	return SEVERITIES.flatMap((severity) => {
		const list = alerts && child(alerts, severity)
		if (list?.kind !== "seq") return []
		return list.items.flatMap((item) => {
			const parsed = alertSchema.safeParse(plain(item))
			if (!parsed.success) return []
			const first = item.kind === "map" ? item.entries[0]?.value.span : undefined
			return [
				{
					severity,
					entry: parsed.data,
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

type Issue = z.core.$ZodIssue

function tellIssue(issue: Issue, tree: Tree, value: unknown, tell: Tell): void {
	const place = describe(issue.path)
	if (issue.code === "unrecognized_keys") {
		const known = knownKeys(issue.path)
		for (const key of issue.keys) {
			const hint = didYouMean(key, known)
			tell(keySpanAt(tree, issue.path, key), {
				id: "unknown-field",
				severity: "error",
				message: `${place} has no field ${quoted(key)}`,
				expected: known.join(", "),
				...(hint === undefined ? {} : { hint }),
			})
		}
		return
	}
	const given = at(value, issue.path)
	if (given === undefined && issue.code === "invalid_type") {
		const field = String(issue.path.at(-1))
		tell(spanAt(tree, issue.path), {
			id: "missing-field",
			severity: "error",
			message: `${describe(issue.path.slice(0, -1))} has no ${field}`,
			expected: `a field ${field}`,
		})
		return
	}
	const expected = expectation(issue)
	tell(spanAt(tree, issue.path), {
		id: "invalid-field",
		severity: "error",
		message: `${place} cannot be ${brief(given)}`,
		expected,
		...hintFor(issue, given),
	})
}

function expectation(issue: Issue): string {
	if (issue.code === "invalid_value") return issue.values.map(String).join(", ")
	if (issue.code === "invalid_key") return issue.issues[0]?.message.replace(/^expected /, "") ?? "another name"
	if (issue.code === "invalid_type") {
		const words: Record<string, string> = {
			object: "a mapping",
			array: "a list",
			string: "text",
			number: "a number",
			record: "a mapping of names to numbers",
		}
		if (issue.message.startsWith("expected ")) return issue.message.slice("expected ".length)
		return words[issue.expected] ?? issue.expected
	}
	return issue.message.replace(/^expected /, "")
}

function hintFor(issue: Issue, given: unknown): { hint?: string } {
	if (issue.code === "invalid_value" && typeof given === "string") {
		const hint = didYouMean(given, issue.values.map(String))
		return hint === undefined ? {} : { hint }
	}
	if (typeof given === "number" && /duration/.test(issue.message))
		return { hint: `write the unit: ${given}s or ${given}m` }
	return {}
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

function at(value: unknown, path: readonly PropertyKey[]): unknown {
	let here = value
	for (const step of path)
		here = typeof here === "object" && here !== null ? (here as Record<PropertyKey, unknown>)[step] : undefined
	return here
}

const quoted = (text: string) => `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`

function brief(value: unknown): string {
	if (typeof value === "string") return value === "" ? "empty" : quoted(value)
	if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list"
	if (value === null) return "empty"
	return typeof value === "object" ? "a mapping" : String(value)
}
