export type Severity = "high" | "medium" | "low" | "ok"

/** One line of the security report. */
export interface Risk {
	/** `high` lets a person or program in that must stay out; `ok` was checked and is in order. */
	readonly severity: Severity
	readonly what: string
	readonly fix?: string
}

export const ok = (what: string): Risk => ({ severity: "ok", what })
export const risk = (severity: Exclude<Severity, "ok">, what: string, fix: string): Risk => ({ severity, what, fix })

/** The findings about one subject. */
export interface Chapter {
	readonly title: string
	readonly risks: readonly Risk[]
}

const SIGN = { high: "HIGH  ", medium: "MEDIUM", low: "low   ", ok: "ok    " }
const ORDER: readonly Severity[] = ["high", "medium", "low", "ok"]

/** The report as text, the most severe findings of each chapter first. */
export const renderChapters = (chapters: readonly Chapter[]): string =>
	chapters.map(({ title, risks }) => `${title}\n${bySeverity(risks).map(line).join("\n")}\n`).join("\n")

const line = ({ severity, what, fix }: Risk) => `  ${SIGN[severity]}  ${what}${fix ? `\n          → ${fix}` : ""}`

const bySeverity = (risks: readonly Risk[]) =>
	[...risks].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity))

/** The report for programs. */
export const renderJson = (chapters: readonly Chapter[], at: Date): string =>
	`${JSON.stringify(
		{
			checkedAt: at.toISOString(),
			high: countHigh(chapters),
			findings: chapters.flatMap(({ title, risks }) => bySeverity(risks).map((each) => ({ subject: title, ...each }))),
		},
		null,
		"\t",
	)}\n`

export const countHigh = (chapters: readonly Chapter[]): number =>
	chapters.flatMap(({ risks }) => risks).filter(({ severity }) => severity === "high").length
