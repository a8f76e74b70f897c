import {
	acknowledgementsExpired,
	escalationsLate,
	escalationsPaged,
	incidentAcknowledgement,
	incidentDetection,
	incidentPromisesBroken,
	incidentResolution,
	incidentSteps,
} from "../../../core/catalogue/subjects/incidents.ts"
import { crashes } from "../../../core/catalogue/subjects/observatory.ts"
import { remediations, remediationsWithheld, stopSignals } from "../../../core/catalogue/subjects/remediation.ts"
import type { LabelSpecs, LabelsOf, SeriesSpec } from "../../../core/catalogue/types.ts"
import type { CrashKind } from "../../../core/lib/lifecycle.ts"
import type { Collector } from "../../../core/metrics/collector.ts"
import { addTotals, readTotals, samplesOf, Tally } from "../../../core/metrics/durable.ts"
import type { Context, Transaction } from "../../context.ts"

const READER = "alert-webhook"

/** The durable counters. */
const COUNTED: readonly SeriesSpec[] = [
	remediations,
	remediationsWithheld,
	escalationsPaged,
	acknowledgementsExpired,
	escalationsLate,
	incidentDetection,
	incidentAcknowledgement,
	incidentResolution,
	incidentSteps,
	incidentPromisesBroken,
	crashes,
	stopSignals,
]

/** Counts in the transaction of the event, so that no replica and no restart loses or doubles one. */
export const keepCounted = (tx: Transaction, tally: Tally): Promise<void> => addTotals(tx, READER, tally.totals)

/** Counts one thing. */
export function bump<L extends LabelSpecs>(
	tx: Transaction,
	series: SeriesSpec<L, "counter">,
	labels: LabelsOf<L>,
): Promise<void> {
	const tally = new Tally()
	tally.count(series, labels)
	return keepCounted(tx, tally)
}

/** Counts that this process ends because of an error that nothing handled. */
export function countCrash({ db }: Pick<Context, "db">, kind: CrashKind): Promise<void> {
	const tally = new Tally()
	tally.count(crashes, { kind })
	return addTotals(db, READER, tally.totals)
}

/** Exports the counters. */
export const countersCollector = ({ db }: Pick<Context, "db">): Collector => ({
	name: "response_counters",
	group: "safety",
	emits: COUNTED,
	intervalMs: 5_000,
	timeoutMs: 4_000,
	collect: async () => samplesOf(COUNTED, await readTotals(db, READER)),
})
