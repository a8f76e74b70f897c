/** What the lint of plain rules reports. The ids are stable. */
export const LINTS = {
	"rules-syntax": {
		severity: "error",
		meaning: "The file is not YAML, is no rules file, or a rule lacks its name or expression.",
	},
	"promql-syntax": { severity: "error", meaning: "An expression is not PromQL." },
	"never-true": {
		severity: "error",
		meaning: "A comparison can never be true, so the alert, or this part of it, never fires.",
	},
	"no-series-fits": {
		severity: "error",
		meaning: "The matchers of a selector contradict each other, so that it selects nothing.",
	},
	"always-true": {
		severity: "info",
		meaning: "A comparison is true whenever its series exists, so it filters nothing.",
	},
	"short-window": {
		severity: "warning",
		meaning: "A window is shorter than two scrapes, so the function has no value. Needs --scrape-interval.",
	},
	"slow-detection": {
		severity: "warning",
		meaning:
			"An alert with the severity critical or page may take longer than --budget from the fault to the notification.",
	},
	"label-lost": {
		severity: "warning",
		meaning: "A text uses a label that the expression has aggregated away, so it is always empty there.",
	},
	"missing-series": {
		severity: "info",
		meaning: "The alert is silent while its series do not exist, and no rule of these files watches for that.",
	},
} as const satisfies Readonly<
	Record<string, { readonly severity: "error" | "warning" | "info"; readonly meaning: string }>
>

export type LintId = keyof typeof LINTS
export type LintSeverity = (typeof LINTS)[LintId]["severity"]

/** One message about a rules file. Lines and columns count from 1. */
export interface Finding {
	readonly file: string
	readonly id: LintId
	readonly severity: LintSeverity
	readonly line: number
	readonly column: number
	/** The rule that it is about. */
	readonly rule: string | undefined
	readonly message: string
}
