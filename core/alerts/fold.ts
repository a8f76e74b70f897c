import type { Condition, Value } from "./model.ts"

type Of<T extends { kind: string }, K extends T["kind"]> = Extract<T, { readonly kind: K }>

/** What becomes of each kind of value, given what has become of the values inside it. */
export interface ValueCases<V> {
	readonly number: (value: Of<Value, "number" | "parameter">) => V
	readonly read: (value: Of<Value, "read">) => V
	readonly arithmetic: (value: Of<Value, "arithmetic">, left: V, right: V) => V
	readonly negative: (value: Of<Value, "negative">, of: V) => V
}

/** The same for conditions; what is compared is folded by `values`. */
export interface ConditionCases<V, C> {
	readonly values: ValueCases<V>
	readonly compare: (condition: Of<Condition, "compare">, left: V, right: V) => C
	readonly state: (condition: Of<Condition, "state">) => C
	readonly event: (condition: Of<Condition, "event">) => C
	readonly join: (condition: Of<Condition, "and" | "or">, left: C, right: C) => C
	readonly quantify: (condition: Of<Condition, "any" | "all">, of: C) => C
}

/** Works a value out from its leaves upward. */
export function foldValue<V>(value: Value, cases: ValueCases<V>): V {
	switch (value.kind) {
		case "number":
		case "parameter":
			return cases.number(value)
		case "read":
			return cases.read(value)
		case "arithmetic":
			return cases.arithmetic(value, foldValue(value.left, cases), foldValue(value.right, cases))
		case "negative":
			return cases.negative(value, foldValue(value.of, cases))
	}
}

/** Works a condition out from its leaves upward. */
export function foldCondition<V, C>(condition: Condition, cases: ConditionCases<V, C>): C {
	switch (condition.kind) {
		case "compare":
			return cases.compare(condition, foldValue(condition.left, cases.values), foldValue(condition.right, cases.values))
		case "state":
			return cases.state(condition)
		case "event":
			return cases.event(condition)
		case "and":
		case "or":
			return cases.join(condition, foldCondition(condition.left, cases), foldCondition(condition.right, cases))
		case "any":
		case "all":
			return cases.quantify(condition, foldCondition(condition.of, cases))
	}
}

/** The condition that `any` and `all` range over, or the condition itself. */
export const withoutQuantifier = (condition: Condition): Condition =>
	condition.kind === "any" || condition.kind === "all" ? withoutQuantifier(condition.of) : condition
