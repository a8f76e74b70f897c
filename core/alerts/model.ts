import type { PathSpec, Quantity, Vector } from "../catalogue/types.ts"
import type { Comparison } from "./condition/ast.ts"
import type { Position } from "./diagnostics.ts"
import type { PathFunction } from "./functions.ts"
import type { Remediation, Severity } from "./schema.ts"

/** A path of the catalogue as a condition uses it. */
export interface PathRef {
	readonly spec: PathSpec
	/** As written. */
	readonly text: string
	/** The label value in the wildcard's place, `*` for every one, undefined when the path has no wildcard. */
	readonly wildcardValue: { readonly every: true } | { readonly value: string } | undefined
}

/** The label that distinguishes the elements of a value or condition; undefined when there is one element at most. */
type Dimension = string | undefined

/** A path by itself (`latest`), or what a function makes of its history. */
interface Reading {
	readonly kind: "read"
	readonly function: PathFunction | "latest"
	readonly path: PathRef
	/** The one of the path's vectors that is read. */
	readonly vector: Vector
	/** 0 where the function takes no such argument. */
	readonly windowMs: number
	readonly aheadMs: number
	readonly share: number
}

export type Value = { readonly quantity: Quantity | undefined; readonly dimension: Dimension } & (
	| { readonly kind: "number"; readonly value: number; readonly text: string }
	| { readonly kind: "parameter"; readonly name: string; readonly value: number }
	| Reading
	| { readonly kind: "arithmetic"; readonly op: "+" | "-" | "*" | "/"; readonly left: Value; readonly right: Value }
	| { readonly kind: "negative"; readonly of: Value }
)

export type Condition = { readonly dimension: Dimension } & (
	| { readonly kind: "compare"; readonly op: Comparison; readonly left: Value; readonly right: Value }
	| { readonly kind: "state"; readonly path: PathRef; readonly op: "==" | "!="; readonly state: string }
	| { readonly kind: "event"; readonly type: string }
	| { readonly kind: "and" | "or"; readonly left: Condition; readonly right: Condition }
	| { readonly kind: "any" | "all"; readonly of: Condition }
)

/** Every condition and value below a condition, itself first, in reading order. */
export function* walk(of: Condition | Value): Generator<Condition | Value> {
	yield of
	if ("left" in of) {
		yield* walk(of.left)
		yield* walk(of.right)
	} else if ("of" in of) yield* walk(of.of)
}

/** What makes an alert fire: a condition of the language, or PromQL as it is. */
export type Trigger =
	| { readonly kind: "condition"; readonly text: string; readonly condition: Condition }
	| { readonly kind: "promql"; readonly text: string; readonly series: readonly string[] }

/** A minimum volume for one of the paths of a condition. */
export interface Volume {
	readonly path: PathRef
	readonly atLeast: number
}

export interface Alert {
	readonly name: string
	readonly severity: Severity
	readonly trigger: Trigger
	readonly forMs: number
	readonly keepFiringMs: number
	readonly channels: readonly string[]
	/** Fires always, so that its absence shows that the chain is broken. */
	readonly heartbeat: boolean
	readonly summary: string | undefined
	readonly description: string | undefined
	/** Address or file of the runbook when it is not the one named after the alert. */
	readonly runbook: string | undefined
	readonly owner: string | undefined
	/** What is affected, when it is the same for every element. */
	readonly component: string | undefined
	/** `cause` when the alert says that a component is down, so that the component's other alerts are its symptoms. */
	readonly role: "cause" | undefined
	readonly remediation: Remediation | undefined
	readonly escalation: string | undefined
	readonly volumes: readonly Volume[]
	readonly detectionBudgetMs: number | undefined
	readonly silences: readonly string[]
	readonly symptomOf: readonly string[]
	/** Labels that the paths fix to one value, such as server="github". */
	readonly fixedLabels: Readonly<Record<string, string>>
	readonly position: Position
}

export interface Parameter {
	readonly name: string
	readonly value: number
	readonly quantity: Quantity | undefined
	/** True when the file does not give it and the language's own value is used. */
	readonly byDefault: boolean
}

/** A whole file, understood: data that the renderers turn into rules, routes and explanations. */
export interface AlertFile {
	readonly parameters: readonly Parameter[]
	readonly runbookBase: string | undefined
	readonly alerts: readonly Alert[]
}
