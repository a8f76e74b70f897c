import {
	alertPrecision,
	meanTimeToAcknowledge,
	meanTimeToDetect,
	meanTimeToResolve,
} from "../../../core/catalogue/subjects/incidents.ts"
import { alertCoverage } from "../../../core/catalogue/subjects/intake.ts"
import { recorded } from "../../kit/query.ts"
import { atLeast, atMost } from "../../kit/thresholds.ts"
import { stat } from "../../kit/visuals.ts"

export const detect = stat({
	key: "mean-time-to-detect",
	title: "Mean Time to Detection",
	empty: "No incident has ended yet",
	shows: [recorded(meanTimeToDetect, "MTTD")],
	thresholds: atMost({ warning: 150, critical: 300 }),
})

export const acknowledge = stat({
	key: "mean-time-to-acknowledge",
	title: "Mean Time to Acknowledgement",
	empty: "No incident acknowledged yet",
	shows: [recorded(meanTimeToAcknowledge, "MTTA")],
	thresholds: atMost({ warning: 900, critical: 3_600 }),
})

export const resolve = stat({
	key: "mean-time-to-resolve",
	title: "Mean Time to Resolution",
	empty: "No incident has ended yet",
	shows: [recorded(meanTimeToResolve, "MTTR")],
	thresholds: atMost({ warning: 1_200, critical: 1_800 }),
})

export const precision = stat({
	key: "alert-precision",
	title: "Alert Precision",
	empty: "No verdicts yet",
	shows: [recorded(alertPrecision, "Precision")],
	thresholds: atLeast({ good: 0.95, warning: 0.9, critical: 0.8 }),
})

export const coverage = stat({
	key: "alert-coverage",
	title: "Alert Coverage",
	empty: "No data from the alert webhook",
	shows: [recorded(alertCoverage, "Components with an alert")],
	thresholds: atLeast({ good: 1, warning: 0.99, critical: 0.8 }),
})
