import { REMEDIATIONS, type Remediation } from "../../../core/alerts/schema.ts"

/** The action of an alert's `remediation` label. */
export const actionNamed = (name: string | undefined): Remediation | undefined =>
	REMEDIATIONS.find((known) => known === name)
