import { COVERED } from "../../../core/catalogue/subjects/intake.ts"
import type { AlertRule } from "../../../core/clients/prometheus.ts"

/** Rules that would tell somebody that a component is in trouble, by component; 0 for one that nothing watches. */
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
