import { parser } from "@prometheus-io/lezer-promql"

type Node = ReturnType<typeof parser.parse>["topNode"]

/** A comparison in an alert's expression: the compared value, and the limit, as PromQL of a number. */
export interface Comparison {
	readonly value: string
	readonly operator: string
	readonly limit: string
}

const SET_OPERATORS = ["And", "Or", "Unless"]
const OPERATORS: Readonly<Record<string, readonly [operator: string, mirrored: string]>> = {
	Gtr: [">", "<"],
	Gte: [">=", "<="],
	Lss: ["<", ">"],
	Lte: ["<=", ">="],
	EqlC: ["==", "=="],
	Eql: ["==", "=="],
	Neq: ["!=", "!="],
}

/** The first comparison of an alert's expression with a number; undefined when there is none. */
export function comparisonIn(expr: string): Comparison | undefined {
	const root = parser.parse(expr).topNode.firstChild
	return root ? find(root, expr) : undefined
}

function find(node: Node, expr: string): Comparison | undefined {
	if (node.name === "ParenExpr") return node.firstChild ? find(node.firstChild, expr) : undefined
	if (node.name !== "BinaryExpr") return undefined
	const [left, right] = [node.firstChild, node.lastChild]
	if (!left || !right) return undefined
	if (SET_OPERATORS.some((name) => node.getChild(name))) return find(left, expr) ?? find(right, expr)
	const operator = Object.keys(OPERATORS).find((name) => node.getChild(name))
	if (operator === undefined) return undefined
	const [own = "", mirrored = ""] = OPERATORS[operator] ?? []
	const textOf = ({ from, to }: Node) => expr.slice(from, to)
	if (isNumber(right)) return { value: textOf(left), operator: own, limit: textOf(right) }
	return isNumber(left) ? { value: textOf(right), operator: mirrored, limit: textOf(left) } : undefined
}

/** Whether an expression is a number without any series. */
function isNumber(node: Node): boolean {
	if (node.name === "NumberDurationLiteral" || node.name === "NumberLiteral") return true
	if (!["ParenExpr", "UnaryExpr", "BinaryExpr"].includes(node.name)) return false
	for (let child = node.firstChild; child; child = child.nextSibling)
		if (/Expr$|Literal$|Selector$|Call$/.test(child.name) && !isNumber(child)) return false
	return true
}
