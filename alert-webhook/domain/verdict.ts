import type { Verdict } from "../../core/db/schema/index.ts"

/** A person's verdict on an alert, given when its incident is closed. */
export const VERDICTS = ["true_positive", "false_positive", "expected"] as const satisfies readonly Verdict[]

export const VERDICT_TEXT: Readonly<Record<Verdict, string>> = {
	true_positive: "True positive",
	false_positive: "False positive",
	expected: "Expected",
}
