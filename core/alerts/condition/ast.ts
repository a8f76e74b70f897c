import type { Span } from "../source.ts"

export const COMPARISONS = ["==", "!=", ">", ">=", "<", "<="] as const
export type Comparison = (typeof COMPARISONS)[number]
type Arithmetic = "+" | "-" | "*" | "/"
export type Operator = Comparison | Arithmetic | "&&" | "||"

/** What was written, before names and units mean anything. Spans are offsets into the condition. */
export type Ast =
	| {
			readonly kind: "number"
			readonly span: Span
			readonly text: string
			readonly value: number
			readonly unit: string
	  }
	| { readonly kind: "string"; readonly span: Span; readonly value: string }
	| { readonly kind: "path"; readonly span: Span; readonly segments: readonly Segment[] }
	| {
			readonly kind: "call"
			readonly span: Span
			readonly name: string
			readonly nameSpan: Span
			readonly args: readonly Ast[]
	  }
	| { readonly kind: "negative"; readonly span: Span; readonly of: Ast }
	| {
			readonly kind: "binary"
			readonly span: Span
			readonly op: Operator
			readonly opSpan: Span
			readonly left: Ast
			readonly right: Ast
	  }

export interface Segment {
	readonly text: string
	readonly span: Span
	/** `*` itself, not a name in brackets that is spelt so. */
	readonly star: boolean
}

/** Dotted text of a path, as people write it. */
export const pathText = (segments: readonly Segment[]): string =>
	segments
		.map(({ text, star }, i) =>
			star || /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) ? `${i === 0 ? "" : "."}${text}` : `[${JSON.stringify(text)}]`,
		)
		.join("")
