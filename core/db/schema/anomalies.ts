import { bigint, jsonb } from "drizzle-orm/pg-core"
import { incidents } from "./incidents.ts"
import { instant, observatory } from "./namespace.ts"

/** The anomaly scores of one value, by every method. */
export interface StoredAssessment {
	/** Its path in alerts.yaml. */
	readonly subject: string
	/** The subject's element, if the incident names one. */
	readonly labels: Readonly<Record<string, string>>
	readonly value: number | null
	/** Number of hourly values of the 30 days before, which it was compared with. */
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

/** Anomaly scores at the start of an incident. In a table of its own, because intake locks the incident's row. */
export const incidentAnomalies = observatory.table("incident_anomalies", {
	incidentId: bigint("incident_id", { mode: "number" })
		.primaryKey()
		.references(() => incidents.id),
	assessments: jsonb("assessments").$type<readonly StoredAssessment[]>().notNull(),
	scoredAt: instant("scored_at").notNull(),
})
