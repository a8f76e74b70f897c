import type { z } from "zod"
import { didYouMean } from "../../lib/nearest.ts"
import type { Report } from "../source.ts"
import { isUnreadable, keySpanAt, spanAt, type Tree } from "./tree.ts"

type Issue = z.core.$ZodIssue

/** A file that was checked against a schema, and the names of its places in messages. */
export interface Shape {
	readonly tree: Tree
	readonly value: unknown
	/** The fields that a mapping at a path may have. */
	knownKeys(path: readonly PropertyKey[]): readonly string[]
	/** The thing at a path, in a sentence: "critical alert 2", or the field's name. */
	describe(path: readonly PropertyKey[]): string
	/** Where a key belongs that is known elsewhere in the file, as an advice. */
	belongs?(path: readonly PropertyKey[], key: string): string | undefined
}

/** Turns one of zod's issues into a sentence at the place it is about. */
export function reportIssue(issue: Issue, { tree, value, knownKeys, describe, belongs }: Shape, report: Report): void {
	if (isUnreadable(tree, issue.path)) return
	const place = describe(issue.path)
	if (issue.code === "unrecognized_keys") {
		const known = knownKeys(issue.path)
		for (const key of issue.keys) {
			const hint = belongs?.(issue.path, key) ?? didYouMean(key, known)
			report(keySpanAt(tree, issue.path, key), {
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
		report(spanAt(tree, issue.path), {
			id: "missing-field",
			severity: "error",
			message: `${describe(issue.path.slice(0, -1))} has no ${field}`,
			expected: `a field ${field}`,
		})
		return
	}
	const expected = expectation(issue)
	report(spanAt(tree, issue.path), {
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
