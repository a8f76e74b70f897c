import {
	acknowledgementsExpired,
	escalationsLate,
	escalationsTold,
	incidentAcknowledgement,
	incidentDetection,
	incidentResolution,
	remediations,
	remediationsWithheld,
} from "../../core/catalogue/subjects/observatory.ts"
import type { SeriesSpec } from "../../core/catalogue/types.ts"

/** The counters that live in the database. */
export const COUNTED: readonly SeriesSpec[] = [
	remediations,
	remediationsWithheld,
	escalationsTold,
	acknowledgementsExpired,
	escalationsLate,
	incidentDetection,
	incidentAcknowledgement,
	incidentResolution,
]
