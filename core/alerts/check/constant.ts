import type { PathSpec, Quantity } from "../../catalogue/types.ts"
import type { Ast, Comparison } from "../condition/ast.ts"
import { foldValue } from "../fold.ts"
import { isInRange } from "../functions.ts"
import type { Condition, Value } from "../model.ts"
import type { Context } from "./context.ts"

const RANGES: Readonly<Record<Quantity, readonly [number, number]>> = {
	count: [0, Infinity],
	ratio: [0, 1],
	seconds: [0, Infinity],
	bytes: [0, Infinity],
	usd: [0, Infinity],
	per_second: [0, Infinity],
	timestamp: [0, Infinity],
	score: [0, 100],
	state: [0, 1],
}
/** Changes, as against shares, may be negative or more than the whole. */
const IS_CHANGE = /(?:Gain|Improvement|Reduction|Savings|Efficiency)$/

/** The values that a path can take. */
export const rangeOf = (spec: PathSpec): readonly [number, number] =>
	IS_CHANGE.test(spec.path) ? [-Infinity, Infinity] : RANGES[spec.quantity]

/** The value of an expression without paths; undefined when it has one. */
export const constant = (value: Value): number | undefined =>
	foldValue<number | undefined>(value, {
		number: (of) => of.value,
		read: () => undefined,
		arithmetic: ({ op }, a, b) => (a === undefined || b === undefined ? undefined : apply(op, a, b)),
		negative: (_, of) => (of === undefined ? undefined : -of),
	})

export function apply(op: "+" | "-" | "*" | "/", a: number, b: number): number {
	if (op === "+") return a + b
	if (op === "-") return a - b
	return op === "*" ? a * b : a / b
}

export function holds(op: Comparison, a: number, b: number): boolean {
	switch (op) {
		case "==":
			return a === b
		case "!=":
			return a !== b
		case ">":
			return a > b
		case ">=":
			return a >= b
		case "<":
			return a < b
		case "<=":
			return a <= b
	}
}

/** What an operator is with its sides exchanged. */
export const MIRRORED = { "==": "==", "!=": "!=", ">": "<", ">=": "<=", "<": ">", "<=": ">=" } as const

/** Reports a comparison whose answer is always the same; false then. */
export function checkConstant(
	ast: Ast & { kind: "binary" },
	condition: Condition & { kind: "compare" },
	context: Context,
): boolean {
	const [left, right] = [constant(condition.left), constant(condition.right)]
	const number = left ?? right
	if (number !== undefined && !Number.isFinite(number)) {
		context.error((left === undefined ? ast.right : ast.left).span, "not-a-number", "this divides by zero", {
			expected: "a number",
		})
		return false
	}
	if (left !== undefined && right !== undefined) {
		context.error(
			ast.span,
			"constant-condition",
			`no path is in this comparison, so it is always ${holds(condition.op, left, right)}`,
			{ expected: "a path on one side" },
		)
		return false
	}
	if (number === undefined) return true
	const value = left === undefined ? condition.left : condition.right
	const op = left === undefined ? condition.op : MIRRORED[condition.op]
	if (value.kind !== "read" || !isInRange(value.function)) return true
	const answer = always(op, number, rangeOf(value.path.spec))
	if (answer === undefined) return true
	const [low, high] = rangeOf(value.path.spec)
	const percent = value.quantity === "ratio" && number > 1 && number <= 100
	context.error(
		ast.span,
		"constant-condition",
		`${value.path.text} ${high === Infinity ? `is never below ${low}` : `lies between ${low} and ${high}`}, so this is always ${answer}`,
		{
			hint: percent ? `ratios go to 1: write ${number}% or ${number / 100}` : undefined,
		},
	)
	return false
}

function always(op: Comparison, limit: number, [low, high]: readonly [number, number]): boolean | undefined {
	if (op === ">") return limit >= high ? false : limit < low ? true : undefined
	if (op === ">=") return limit > high ? false : limit <= low ? true : undefined
	if (op === "<") return limit <= low ? false : limit > high ? true : undefined
	if (op === "<=") return limit < low ? false : limit >= high ? true : undefined
	if (limit >= low && limit <= high) return undefined
	return op === "!="
}
