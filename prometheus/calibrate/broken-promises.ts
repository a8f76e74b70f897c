import { incidentPromisesBroken } from "../../core/catalogue/subjects/incidents.ts"
import type { Prometheus } from "../../core/clients/prometheus.ts"
import { formatDuration } from "../../core/lib/config.ts"
import type { BrokenPromises } from "./report.ts"

/** Which alerts broke their promises in a stretch of history, and how often. @throws ObservatoryError */
export async function readBrokenPromises(
	{ query }: Pick<Prometheus, "query">,
	{ atMs, rangeMs }: { readonly atMs: number; readonly rangeMs: number },
): Promise<BrokenPromises[]> {
	const counted = `max without (instance, job) (increase(${incidentPromisesBroken.name}[${formatDuration(rangeMs)}]))`
	const elements = await query(`sum by (alertname, step) (${counted}) > 0`, { at: atMs })
	return elements
		.map(({ labels, value }) => ({
			alert: labels.alertname ?? "",
			step: labels.step ?? "",
			times: Math.max(1, Math.round(value)),
		}))
		.sort((a, b) => b.times - a.times || (a.alert < b.alert ? -1 : 1))
}
