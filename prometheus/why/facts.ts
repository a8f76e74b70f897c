import type { Config, Labels } from "./config.ts"

/** Milliseconds since the epoch, as all times here; the end is open while it lasts. */
export interface Period {
	readonly from: number
	readonly to: number | undefined
}

/** A silence of Alertmanager, also an expired one. */
export interface Silence {
	readonly id: string
	readonly createdBy: string
	readonly comment: string
	readonly from: number
	readonly to: number
	readonly matchers: readonly {
		readonly name: string
		readonly value: string
		readonly isRegex: boolean
		readonly isEqual: boolean
	}[]
}

/** One comparison of a condition with a number, and the values of its left side. */
export interface Comparison {
	readonly text: string
	readonly left: string
	readonly operator: string
	readonly threshold: number
	/** Of all elements together; undefined when there was no value. */
	readonly lowest: number | undefined
	readonly highest: number | undefined
	readonly last: number | undefined
}

/** A rule of this name in Prometheus. */
export interface RuleFact {
	readonly query: string
	readonly holdMs: number
	readonly labels: Labels
	readonly health: string
	/** When the whole condition was true for some element. */
	readonly trueDuring: readonly Period[]
	readonly comparisons: readonly Comparison[]
	/** Series that the condition names and that had no value in the whole time. */
	readonly missing: readonly string[]
}

/** One instance of an alert that was pending or firing. */
export interface Instance {
	readonly name: string
	readonly labels: Labels
	readonly pending: readonly Period[]
	readonly firing: readonly Period[]
}

export interface Facts {
	readonly alert: string
	readonly from: number
	readonly to: number
	/** The distance of the instants that were looked at. */
	readonly stepMs: number
	readonly rules: readonly RuleFact[]
	/** All alerts of that time: others may inhibit this one. */
	readonly instances: readonly Instance[]
	/** Undefined when Alertmanager does not answer. */
	readonly alertmanager:
		| { readonly config: Config; readonly silences: readonly Silence[]; readonly reached: "yes" }
		| { readonly reached: "no"; readonly why: string }
	/** Failed and all notifications of an integration in that time. */
	readonly deliveries: readonly { readonly integration: string; readonly failed: number; readonly sent: number }[]
	/** Lines of the incidents' timelines; undefined when the webhook was not asked. */
	readonly incidents: readonly IncidentFact[] | undefined
}

export interface IncidentFact {
	readonly id: number
	readonly status: string
	readonly timeline: readonly { readonly at: number; readonly text: string }[]
}
