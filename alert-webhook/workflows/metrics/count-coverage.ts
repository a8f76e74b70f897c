import { COVERED } from "../../../core/catalogue/subjects/intake.ts"
import type { AlertRule } from "../../../core/clients/prometheus.ts"

/** Critical and warning rules by component; 0 for a component without one. */
export const countByComponent = (rules: readonly AlertRule[]) =>
	COVERED.map((component) => ({
		component,
		count: rules.filter(
			({ labels, health }) =>
				health !== "err" &&
				labels.component === component &&
				(labels.severity === "critical" || labels.severity === "warning"),
		).length,
	}))
