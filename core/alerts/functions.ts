import type { Quantity } from "../catalogue/types.ts"

/** A function that turns a path into a number, as the language knows it; prometheus/render/functions.ts renders it. */
export interface FunctionSpec {
	/** How it is called, shown whenever it is called otherwise. */
	readonly form: string
	/** What it takes behind the path. */
	readonly takes: readonly Argument[]
	/** How many of them, from the end, may be left out. */
	readonly optional: number
	/** Which of the path's vectors it reads. */
	readonly reads: "value" | "counter" | "histogram"
	/** Whether its result lies in the range of the path's own values. */
	readonly inRange: boolean
	/** What it results in, from what it reads. */
	readonly quantity: (of: Quantity | undefined) => Quantity | undefined
}

export type Argument = "window" | "ahead" | "share"

const same = (of: Quantity | undefined) => of
const lookingBack = { takes: ["window"], optional: 0, reads: "value", inRange: true, quantity: same } as const

/** Every function that looks at the history of a path, by its name; docs/alerts.md has a row for each. */
export const PATH_FUNCTIONS = {
	avg: { ...lookingBack, form: "avg(path, window), such as avg(metrics.reviews.pending, 30m)" },
	min: { ...lookingBack, form: "min(path, window), such as min(metrics.reviews.pending, 30m)" },
	max: { ...lookingBack, form: "max(path, window), such as max(metrics.reviews.pending, 30m)" },
	increase: {
		form: "increase(path, window), such as increase(metrics.violations.total, 10m)",
		takes: ["window"],
		optional: 0,
		reads: "counter",
		inRange: false,
		quantity: same,
	},
	rate: {
		form: "rate(path, window), such as rate(metrics.database.deadlockCount, 15m)",
		takes: ["window"],
		optional: 0,
		reads: "counter",
		inRange: false,
		quantity: (of) => (of === "count" ? "per_second" : undefined),
	},
	quantile: {
		form: "quantile(path, share, window), such as quantile(metrics.database.queryLatency, 95%, 10m)",
		takes: ["share", "window"],
		optional: 0,
		reads: "histogram",
		inRange: true,
		quantity: same,
	},
	predict: {
		form: "predict(path, ahead) or predict(path, ahead, window), such as predict(metrics.database.storageUsage, 4h, 1d)",
		takes: ["ahead", "window"],
		optional: 1,
		reads: "value",
		inRange: false,
		quantity: same,
	},
} as const satisfies Readonly<Record<string, FunctionSpec>>

export type PathFunction = keyof typeof PATH_FUNCTIONS

export const isPathFunction = (name: string): name is PathFunction => Object.hasOwn(PATH_FUNCTIONS, name)

/** Every function of the language. */
export const FUNCTIONS: readonly string[] = ["any", "all", ...Object.keys(PATH_FUNCTIONS), "anomaly"]

/** Which of a path's vectors is read; `latest` is the path by itself. */
export const readsOf = (name: PathFunction | "latest"): FunctionSpec["reads"] =>
	name === "latest" ? "value" : PATH_FUNCTIONS[name].reads

/** Whether a read has the range of the path's own values. */
export const isInRange = (name: PathFunction | "latest"): boolean => name === "latest" || PATH_FUNCTIONS[name].inRange
