import type { Remediation } from "../../../core/alerts/schema.ts"
import { messageOf } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"
import type { Incident } from "../../store/incidents/list.ts"
import { targetOf } from "./actions/index.ts"

/** Evaluations that an alert may be behind, between Prometheus and this question; at least so many seconds of them. */
const EVALUATIONS = 3
const SHORTEST_S = 60

/**
 * Whether Prometheus itself has this instance of the alert as firing, now or a few evaluations ago; undefined while it
 * does not answer. A real name and a real remediation prove nothing about the other labels of a notification, which
 * choose the target.
 */
export async function isFiring(
	{ clients: { prometheus }, log }: Pick<Context, "clients" | "log">,
	incident: Incident,
	action: Remediation,
): Promise<boolean | undefined> {
	const { alertname, labels } = incident
	try {
		const intervals = (await prometheus.alertRules()).flatMap(({ name, every }) => (name === alertname ? [every] : []))
		const window = Math.ceil(Math.max(SHORTEST_S, ...intervals.map((every) => EVALUATIONS * every)))
		const series = `ALERTS{alertname=${JSON.stringify(alertname)},alertstate="firing"}`
		const firing = await prometheus.query(`last_over_time(${series}[${window}s])`)
		return firing.some((instance) => isInstance(instance.labels, labels) && sameTarget(instance.labels))
	} catch (error) {
		log.warn({ problem: messageOf(error), alertname, action }, "cannot check with Prometheus whether an alert fires")
		return undefined
	}

	/** A label that only the notification has must not choose the target. */
	function sameTarget(own: Readonly<Record<string, string>>): boolean {
		return targetOf(action, { ...incident, labels: own }) === targetOf(action, incident)
	}
}

const OF_THE_SERIES = new Set(["__name__", "alertstate"])

/** Prometheus' notifications may have more labels than its series, such as external ones, and may lack some. */
const isInstance = (own: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean =>
	Object.entries(own).every(
		([name, value]) => OF_THE_SERIES.has(name) || labels[name] === undefined || labels[name] === value,
	)
