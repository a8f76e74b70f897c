import { printable } from "../../core/lib/plain-text.ts"

/** One line of the doctor's report. */
export interface Finding {
	/** `missing` stops something from working; `advice` says what to do about it. */
	readonly state: "good" | "note" | "missing"
	readonly text: string
	readonly advice?: string
}

export const good = (text: string): Finding => ({ state: "good", text })
export const note = (text: string, advice?: string): Finding => ({ state: "note", text, ...(advice ? { advice } : {}) })
export const missing = (text: string, advice: string): Finding => ({ state: "missing", text, advice })

const SIGN = { good: "ok     ", note: "note   ", missing: "MISSING" }

/** The report as text for a terminal; names in it may be foreign. */
export const renderFindings = (findings: readonly Finding[]): string =>
	printable(
		findings
			.map(({ state, text, advice }) => `  ${SIGN[state]}  ${text}${advice ? `\n           → ${advice}` : ""}`)
			.join("\n"),
	)
