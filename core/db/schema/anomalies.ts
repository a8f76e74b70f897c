import { bigint, jsonb } from "drizzle-orm/pg-core"
import { incidents } from "./incidents.ts"
import { instant, observatory } from "./namespace.ts"

/** How unusual one value was, by every method that was asked. */
export interface StoredAssessment {
	/** The path under which alerts.yaml calls it. */
	readonly subject: string
	/** Which of the subject's elements, when the incident names one. */
	readonly labels: Readonly<Record<string, string>>
	readonly value: number | null
	/** Hourly values of the 30 days before that it was held against. */
	readonly historyPoints: number
	readonly scores: Readonly<
		Record<
			string,
			| {
					readonly kind: "scored"
					readonly score: number
					readonly expected: number
					readonly usual: readonly [number, number]
					readonly unusual: boolean
			  }
			| { readonly kind: "unscored"; readonly reason: string }
		>
	>
}

/** How unusual the values behind an incident's alert were when it began. Beside the incident, which intake holds locks on. */
export const incidentAnomalies = observatory.table("incident_anomalies", {
	incidentId: bigint("incident_id", { mode: "number" })
		.primaryKey()
		.references(() => incidents.id),
	assessments: jsonb("assessments").$type<readonly StoredAssessment[]>().notNull(),
	scoredAt: instant("scored_at").notNull(),
})
