import {
	acknowledgementsExpired,
	escalationsLate,
	escalationsTold,
	incidentAcknowledgement,
	incidentDetection,
	incidentResolution,
} from "../../../core/catalogue/subjects/incidents.ts"
import { remediations, remediationsWithheld } from "../../../core/catalogue/subjects/remediation.ts"
import type { SeriesSpec } from "../../../core/catalogue/types.ts"

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
