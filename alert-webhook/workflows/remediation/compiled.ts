import type { Remediation } from "../../../core/alerts/schema.ts"
import { messageOf } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"
import type { Incident } from "../../store/incidents/list.ts"

/**
 * Whether Prometheus has loaded an alert of the incident's name that names this action; undefined while Prometheus
 * does not answer. The notification alone proves nothing: a client of Alertmanager can send any labels.
 */
export async function isCompiled(
	{ clients, log }: Pick<Context, "clients" | "log">,
	{ alertname }: Pick<Incident, "alertname">,
	action: Remediation,
): Promise<boolean | undefined> {
	try {
		const rules = await clients.prometheus.alertRules()
		return rules.some(({ name, labels }) => name === alertname && labels.remediation === action)
	} catch (error) {
		log.warn(
			{ problem: messageOf(error), alertname, action },
			"cannot check with Prometheus whether an alert is compiled",
		)
		return undefined
	}
}
