import type { Threshold } from "@grafana/grafana-foundation-sdk/dashboard"

/** Colour steps by value; the first one applies below the second's value. Named colours follow the theme. */
export type Steps = readonly Threshold[]

const step = (value: number | null, color: string): Threshold => ({ value, color })

/** One colour, whatever the value: for numbers that are neither good nor bad. */
export const plain: Steps = [step(null, "blue")]

/** More is better: red below `critical`, orange below `warning`, yellow below `good`, green from there. */
export const atLeast = (limits: { good: number; warning: number; critical: number }): Steps => [
	step(null, "red"),
	step(limits.critical, "orange"),
	step(limits.warning, "yellow"),
	step(limits.good, "green"),
]

/** Less is better: green, orange from `warning`, red from `critical`. */
export const atMost = (limits: { warning: number; critical: number }): Steps => [
	step(null, "green"),
	step(limits.warning, "orange"),
	step(limits.critical, "red"),
]

/** Nothing is good, anything is bad. */
export const none: Steps = [step(null, "green"), step(0.5, "red")]

/** Any value above zero needs attention. */
export const some: Steps = [step(null, "green"), step(0.5, "orange")]
