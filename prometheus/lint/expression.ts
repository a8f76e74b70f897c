import { parser } from "@prometheus-io/lezer-promql"
import type { Span } from "../../core/alerts/source.ts"
import { durationMs } from "./duration.ts"

type SyntaxNode = ReturnType<typeof parser.parse>["topNode"]

interface Base {
	/** Where it is in the text of the expression. */
	readonly span: Span
}

export interface Matcher {
	readonly label: string
	readonly operator: "=" | "!=" | "=~" | "!~"
	readonly value: string
}

export interface Selector extends Base {
	readonly kind: "selector"
	readonly name: string | undefined
	readonly matchers: readonly Matcher[]
	/** Milliseconds, as all durations here. */
	readonly range: number | undefined
	readonly offset: number
}

export interface Binary extends Base {
	readonly kind: "binary"
	readonly operator: string
	readonly left: Expression
	readonly right: Expression
	readonly bool: boolean
	readonly on: readonly string[] | undefined
	readonly ignoring: readonly string[] | undefined
	/** The side whose labels stay, with labels of the other. */
	readonly group: "left" | "right" | undefined
	readonly include: readonly string[]
}

export interface Aggregation extends Base {
	readonly kind: "aggregation"
	readonly operator: string
	readonly parameter: Expression | undefined
	readonly of: Expression
	readonly by: readonly string[] | undefined
	readonly without: readonly string[] | undefined
}

export interface Call extends Base {
	readonly kind: "call"
	readonly name: string
	readonly args: readonly Expression[]
}

/** A PromQL expression. */
export type Expression =
	| (Base & { readonly kind: "number"; readonly value: number })
	| (Base & { readonly kind: "text"; readonly value: string })
	| Selector
	| (Base & { readonly kind: "subquery"; readonly of: Expression; readonly range: number; readonly step: number })
	| Call
	| Aggregation
	| Binary
	| (Base & { readonly kind: "negative"; readonly of: Expression })
	/** Valid PromQL of a form that is not known here. */
	| (Base & { readonly kind: "other"; readonly parts: readonly Expression[] })

export const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", ">", "<", ">=", "<="])
const SET_OPERATORS: ReadonlySet<string> = new Set(["and", "or", "unless"])
export const isSetOperator = (operator: string): boolean => SET_OPERATORS.has(operator)

/** Reads PromQL with Prometheus' grammar; the place of the first mistake when it is none. */
export function readExpression(text: string): Expression | { readonly mistake: Span } {
	const tree = parser.parse(text)
	let mistake: Span | undefined
	tree.iterate({
		enter(node) {
			if (node.type.isError) mistake ??= { start: node.from, end: Math.max(node.to, node.from + 1) }
		},
	})
	const [root] = children(tree.topNode)
	if (mistake !== undefined || root === undefined) return { mistake: within(text, mistake ?? { start: 0, end: 1 }) }
	return convert(root, text)
}

/** A place in the text, for a mistake that is only seen behind its end. */
function within(text: string, { start, end }: Span): Span {
	const last = Math.max(0, text.trimEnd().length - 1)
	return start > last ? { start: last, end: last + 1 } : { start, end }
}

/** An expression and everything inside it. */
export function* inside(expression: Expression): Generator<Expression> {
	yield expression
	for (const part of partsOf(expression)) yield* inside(part)
}

export function partsOf(expression: Expression): readonly Expression[] {
	switch (expression.kind) {
		case "subquery":
		case "negative":
			return [expression.of]
		case "aggregation":
			return expression.parameter === undefined ? [expression.of] : [expression.parameter, expression.of]
		case "call":
			return expression.args
		case "binary":
			return [expression.left, expression.right]
		case "other":
			return expression.parts
		default:
			return []
	}
}

function convert(node: SyntaxNode, text: string): Expression {
	const span = { start: node.from, end: node.to }
	const all = children(node)
	const convertAll = (nodes: readonly SyntaxNode[]) => nodes.filter(isExpression).map((each) => convert(each, text))
	switch (node.name) {
		case "ParenExpr":
		case "StepInvariantExpr":
			return only(convertAll(all), span)
		case "NumberDurationLiteral":
			return { kind: "number", span, value: numberOf(text.slice(node.from, node.to)) }
		case "StringLiteral":
			return { kind: "text", span, value: unquote(text.slice(node.from, node.to)) }
		case "VectorSelector":
			return selectorOf(node, text)
		case "MatrixSelector": {
			const inner = only(convertAll(all), span)
			return inner.kind === "selector" ? { ...inner, span, range: durationsIn(node, text)[0] ?? 0 } : inner
		}
		case "OffsetExpr": {
			const inner = only(convertAll(all), span)
			const [offset = 0] = durationsIn(node.getChild("OffsetDurationExpr") ?? node, text)
			return inner.kind === "selector" ? { ...inner, offset } : inner
		}
		case "SubqueryExpr": {
			const [range = 0, step = 0] = durationsIn(node, text)
			return { kind: "subquery", span, of: only(convertAll(all), span), range, step }
		}
		case "UnaryExpr": {
			const of = only(convertAll(all), span)
			return text[node.from] === "-" ? { kind: "negative", span, of } : of
		}
		case "FunctionCall":
			return {
				kind: "call",
				span,
				name: textOf(node.getChild("FunctionIdentifier"), text),
				args: convertAll(children(node.getChild("FunctionCallBody"))),
			}
		case "AggregateExpr":
			return aggregationOf(node, text, convertAll)
		case "BinaryExpr":
			return binaryOf(node, text, convertAll)
		default:
			return { kind: "other", span, parts: convertAll(all) }
	}
}

function selectorOf(node: SyntaxNode, text: string): Selector {
	const matchers: Matcher[] = children(node.getChild("LabelMatchers")).flatMap((each) => {
		const operator = textOf(each.getChild("MatchOp"), text)
		const value = each.getChild("StringLiteral")
		const label = each.getChild("LabelName") ?? each.getChild("QuotedLabelName")
		if (!value) return []
		return [
			{
				label: label ? unquote(textOf(label, text)) : "__name__",
				operator: (operator || "=") as Matcher["operator"],
				value: unquote(textOf(value, text)),
			},
		]
	})
	const identifier = node.getChild("Identifier")
	const named = matchers.find(({ label, operator }) => label === "__name__" && operator === "=")?.value
	return {
		kind: "selector",
		span: { start: node.from, end: node.to },
		name: identifier ? textOf(identifier, text) : named,
		matchers: matchers.filter(({ label }) => label !== "__name__"),
		range: undefined,
		offset: 0,
	}
}

type ConvertAll = (nodes: readonly SyntaxNode[]) => Expression[]

function aggregationOf(node: SyntaxNode, text: string, convertAll: ConvertAll): Expression {
	const span = { start: node.from, end: node.to }
	const args = convertAll(children(node.getChild("FunctionCallBody")))
	const modifier = node.getChild("AggregateModifier")
	const labels = labelsIn(modifier?.getChild("GroupingLabels"), text)
	const of = args.at(-1)
	if (of === undefined) return { kind: "other", span, parts: args }
	return {
		kind: "aggregation",
		span,
		operator: textOf(node.getChild("AggregateOp"), text).toLowerCase(),
		parameter: args.length > 1 ? args[0] : undefined,
		of,
		by: modifier?.getChild("By") ? labels : undefined,
		without: modifier?.getChild("Without") ? labels : undefined,
	}
}

function binaryOf(node: SyntaxNode, text: string, convertAll: ConvertAll): Expression {
	const span = { start: node.from, end: node.to }
	const all = children(node)
	const [left, right] = convertAll(all)
	const operator = all.find((each) => !isExpression(each) && !/Modifier|Clause/.test(each.name))
	if (left === undefined || right === undefined || operator === undefined)
		return { kind: "other", span, parts: convertAll(all) }
	const clause = node.getChild("MatchingModifierClause")
	const groupings = clause?.getChildren("GroupingLabels") ?? []
	const matching = clause?.getChild("On") || clause?.getChild("Ignoring") ? labelsIn(groupings[0], text) : undefined
	return {
		kind: "binary",
		span,
		operator: textOf(operator, text).toLowerCase(),
		left,
		right,
		bool: node.getChild("BoolModifier") !== null,
		on: clause?.getChild("On") ? matching : undefined,
		ignoring: clause?.getChild("Ignoring") ? matching : undefined,
		group: clause?.getChild("GroupLeft") ? "left" : clause?.getChild("GroupRight") ? "right" : undefined,
		include: labelsIn(groupings[1], text),
	}
}

const EXPRESSIONS =
	/^(?:ParenExpr|StepInvariantExpr|NumberDurationLiteral|StringLiteral|VectorSelector|MatrixSelector|OffsetExpr|SubqueryExpr|UnaryExpr|FunctionCall|AggregateExpr|BinaryExpr)$/
const isExpression = (node: SyntaxNode): boolean => EXPRESSIONS.test(node.name)

const only = (parts: readonly Expression[], span: Span): Expression => parts[0] ?? { kind: "other", span, parts: [] }

function children(node: SyntaxNode | null): SyntaxNode[] {
	const found: SyntaxNode[] = []
	for (let child = node?.firstChild ?? null; child; child = child.nextSibling)
		if (child.name !== "LineComment") found.push(child)
	return found
}

const textOf = (node: SyntaxNode | null, text: string): string => (node ? text.slice(node.from, node.to) : "")

const labelsIn = (node: SyntaxNode | null | undefined, text: string): string[] =>
	children(node ?? null)
		.filter(({ name }) => name.endsWith("LabelName"))
		.map((each) => unquote(textOf(each, text)))

function durationsIn(node: SyntaxNode, text: string): number[] {
	const own = children(node).filter(({ name }) => name === "DurationExpr" || /^NumberDuration/.test(name))
	return own.map((each) => numberOf(textOf(each, text)) * 1_000)
}

/** A number, or a duration in seconds; NaN for arithmetic with durations. */
function numberOf(written: string): number {
	const text = written.trim().replaceAll("_", "").toLowerCase()
	const sign = text.startsWith("-") ? -1 : 1
	const bare = text.replace(/^[-+]/, "")
	const ms = /[a-z]/.test(bare) ? durationMs(bare) : undefined
	if (ms !== undefined) return (sign * ms) / 1_000
	if (/^inf/.test(bare)) return sign * Number.POSITIVE_INFINITY
	return bare === "nan" ? Number.NaN : sign * Number(bare)
}

function unquote(written: string): string {
	const quote = written[0]
	if (quote !== '"' && quote !== "'" && quote !== "`") return written
	const bare = written.slice(1, -1)
	return quote === "`" ? bare : bare.replace(/\\(.)/g, "$1")
}
