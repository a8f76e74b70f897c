import { parser } from "@prometheus-io/lezer-promql"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Column, Columns, Grid } from "../columns.ts"
import {
	AGGREGATES,
	ARITHMETIC,
	aggregate,
	average,
	COMPARISONS,
	except,
	increase,
	map,
	pairs,
	union,
	type Value,
	type Vector,
} from "./operators.ts"

type SyntaxNode = ReturnType<typeof parser.parse>["topNode"]

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/**
 * Evaluates PromQL at every point of a grid. It knows what the catalogue's recording rules use.
 *
 * @throws ObservatoryError `internal` for anything else
 */
export function evaluate(text: string, columns: Columns, grid: Grid): Vector {
	const root = parser.parse(text).topNode.firstChild
	if (!root) throw unknown("an empty expression", text)
	const value = new Evaluation(text, columns, grid).value(root)
	return typeof value === "number" ? constant(value, grid) : value
}

const constant = (value: number, grid: Grid): Vector => [
	{ labels: {}, values: new Float64Array(grid.count).fill(value) },
]

const unknown = (what: string, text: string) =>
	new ObservatoryError("internal", `The demo's past cannot evaluate ${what} in ${text}`)

class Evaluation {
	private readonly text: string
	private readonly columns: Columns
	private readonly grid: Grid

	constructor(text: string, columns: Columns, grid: Grid) {
		this.text = text
		this.columns = columns
		this.grid = grid
	}

	value(node: SyntaxNode): Value {
		switch (node.name) {
			case "NumberDurationLiteral":
				return Number(this.source(node))
			case "ParenExpr":
				return this.value(this.child(node.firstChild, node))
			case "UnaryExpr": {
				const operand = this.value(this.child(node.lastChild, node))
				if (this.source(node).startsWith("+")) return operand
				return typeof operand === "number" ? -operand : map(operand, (value) => -value)
			}
			case "VectorSelector":
				return this.selected(node)
			case "AggregateExpr":
				return this.aggregated(node)
			case "FunctionCall":
				return this.called(node)
			case "BinaryExpr":
				return this.combined(node)
			default:
				throw unknown(node.name, this.text)
		}
	}

	private source(node: SyntaxNode): string {
		return this.text.slice(node.from, node.to)
	}

	private child(found: SyntaxNode | null | undefined, of: SyntaxNode): SyntaxNode {
		if (!found) throw unknown(of.name, this.text)
		return found
	}

	private vector(node: SyntaxNode | undefined, of: SyntaxNode): Vector {
		const value = this.value(this.child(node, of))
		return typeof value === "number" ? constant(value, this.grid) : value
	}

	private selected(node: SyntaxNode): Vector {
		const matchers = node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? []
		const tests = matchers.map((matcher) => this.matches(matcher))
		const all = this.columns.get(this.source(this.child(node.getChild("Identifier"), node))) ?? []
		return all.filter(({ labels }) => tests.every((test) => test(labels)))
	}

	private matches(node: SyntaxNode): (labels: Column["labels"]) => boolean {
		const [label, operator, literal] = [node.firstChild, node.getChild("MatchOp"), node.lastChild].map((part) =>
			this.source(this.child(part, node)),
		)
		const wanted: string = JSON.parse(literal ?? "")
		const pattern = operator?.includes("~") ? new RegExp(`^(?:${wanted})$`) : undefined
		const negative = operator?.startsWith("!") ?? false
		return (labels) => {
			const value = labels[label ?? ""] ?? ""
			return (pattern ? pattern.test(value) : value === wanted) !== negative
		}
	}

	private aggregated(node: SyntaxNode): Vector {
		const fold = AGGREGATES[this.child(node.getChild("AggregateOp")?.firstChild, node).name]
		if (!fold) throw unknown(this.source(node), this.text)
		const modifier = node.getChild("AggregateModifier")
		const names = this.names(modifier)
		const without = modifier?.getChild("Without") ? true : undefined
		const keep = (label: string) => (without ? !names.includes(label) : names.includes(label))
		return aggregate(this.vector(this.arguments(node)[0], node), keep, fold)
	}

	private names(node: SyntaxNode | null): string[] {
		return (node?.getChild("GroupingLabels")?.getChildren("LabelName") ?? []).map((name) => this.source(name))
	}

	private arguments(node: SyntaxNode): SyntaxNode[] {
		const body = this.child(node.getChild("FunctionCallBody"), node)
		const found: SyntaxNode[] = []
		for (let next = body.firstChild; next; next = next.nextSibling) found.push(next)
		return found
	}

	private called(node: SyntaxNode): Value {
		const [first, ...more] = this.arguments(node)
		const name = this.source(this.child(node.getChild("FunctionIdentifier"), node))
		const numbers = () => more.map((each) => Number(this.source(each)))
		const strings = () => more.map((each) => String(JSON.parse(this.source(each))))
		switch (name) {
			case "increase":
				return increase(...this.range(first, node), this.grid)
			case "rate": {
				const [vector, window] = this.range(first, node)
				return map(increase(vector, window, this.grid), (value) => value / window)
			}
			case "avg_over_time":
				return average(...this.range(first, node), this.grid)
			case "abs":
				return map(this.vector(first, node), Math.abs)
			case "clamp_min": {
				const [least = 0] = numbers()
				return map(this.vector(first, node), (value) => Math.max(least, value))
			}
			case "vector":
				return this.vector(first, node)
			case "label_replace": {
				const [label = "", replacement = "", from = "", pattern = ""] = strings()
				return this.vector(first, node).map(({ labels, values }) => {
					const match = new RegExp(`^(?:${pattern})$`).exec(labels[from] ?? "")
					if (!match) return { labels, values }
					const value = replacement.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? "")
					return { labels: { ...labels, [label]: value }, values }
				})
			}
			default:
				throw unknown(`${name}()`, this.text)
		}
	}

	private range(node: SyntaxNode | undefined, of: SyntaxNode): [vector: Vector, seconds: number] {
		const selector = this.child(node?.getChild("VectorSelector"), of)
		const duration = this.source(this.child(node?.getChild("DurationExpr"), of))
		const seconds = [...duration.matchAll(/(\d+)([smhdw])/g)].reduce(
			(sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ""] ?? 0),
			0,
		)
		return [this.selected(selector), seconds]
	}

	private combined(node: SyntaxNode): Value {
		const left = this.value(this.child(node.firstChild, node))
		const right = this.value(this.child(node.lastChild, node))
		const operator = this.child(node.firstChild?.nextSibling, node).name
		const clause = node.getChild("MatchingModifierClause")
		const on = clause?.getChild("On") ? this.names(clause) : undefined
		const vectors = () => [left, right].map((side) => (typeof side === "number" ? constant(side, this.grid) : side))
		if (operator === "Or") {
			const [kept = [], added = []] = vectors()
			return union(kept, added, on)
		}
		if (operator === "Unless") {
			const [kept = [], removed = []] = vectors()
			return except(kept, removed, on)
		}
		const apply = ARITHMETIC[operator] ?? this.comparison(operator, node.getChild("BoolModifier") !== null)
		if (typeof left === "number" && typeof right !== "number" && operator in COMPARISONS)
			throw unknown("a comparison with the number in front", this.text)
		if (typeof left === "number")
			return typeof right === "number" ? apply(left, right) : map(right, (value) => apply(left, value))
		return typeof right === "number" ? map(left, (value) => apply(value, right)) : pairs(left, right, apply)
	}

	/** A comparison filters, or gives 0 and 1 with `bool`; either way it is absent where the left side is. */
	private comparison(operator: string, bool: boolean): (left: number, right: number) => number {
		const holds = COMPARISONS[operator]
		if (!holds) throw unknown(operator, this.text)
		return (left, right) => {
			if (Number.isNaN(left) || Number.isNaN(right)) return Number.NaN
			if (bool) return holds(left, right) ? 1 : 0
			return holds(left, right) ? left : Number.NaN
		}
	}
}
