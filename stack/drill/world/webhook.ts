import { z } from "zod"
import { request, requestJson } from "../../../core/clients/request.ts"
import type { IncidentTimes } from "../assess/assess.ts"
import type { ListedIncident } from "../assess/balance.ts"

/** The API of alert-webhook, as drills use it. */
export interface Webhook {
	/** Every incident after this one, oldest first. */
	incidentsAfter(id: number): Promise<readonly ListedIncident[]>
	/** The clock of an incident, with its remediation. */
	times(id: number): Promise<IncidentTimes>
	post(path: string, body?: object): Promise<unknown>
	get(path: string): Promise<unknown>
}

const time = z.iso.datetime().transform((text) => Date.parse(text))
const optionalTime = time.nullable().transform((at) => at ?? undefined)

const listed = z.object({
	id: z.number(),
	fingerprint: z.string(),
	alertname: z.string(),
	severity: z.string(),
	status: z.string(),
	labels: z.record(z.string(), z.string()),
	startsAt: time,
	resolvedAt: optionalTime,
})
const list = z.object({ incidents: z.array(listed), nextCursor: z.number().nullable() })

const details = z.object({
	id: z.number(),
	severity: z.string(),
	startsAt: time,
	receivedAt: time,
	resolvedAt: optionalTime,
	clock: z.object({ onsetAt: time, onset: z.enum(["measured", "bounded"]), pendingAt: optionalTime }).nullable(),
	notified: z.array(z.object({ acceptedAt: time })),
})
const remediations = z.object({
	remediations: z.array(
		z.object({
			incidentId: z.number(),
			state: z.string(),
			startedAt: optionalTime,
			endedAt: optionalTime,
		}),
	),
})

/** A client of the webhook at `url`; `token` is read at each request, because a new stack makes a new one. */
export function webhookClient(url: string, token: () => string): Webhook {
	const headers = () => ({ authorization: `Bearer ${token()}`, "content-type": "application/json" })
	const get = (path: string) => requestJson("The webhook", `${url}${path}`, { headers: headers() })
	return {
		get,
		async post(path, body = {}) {
			const init = { method: "POST", headers: headers(), body: JSON.stringify(body) }
			const text = await request("The webhook", `${url}${path}`, init)
			return text === "" ? undefined : JSON.parse(text)
		},
		async incidentsAfter(id) {
			const found: ListedIncident[] = []
			for (let cursor: number | null = null; ; ) {
				const page = list.parse(await get(`/api/incidents?limit=200${cursor === null ? "" : `&cursor=${cursor}`}`))
				found.push(...page.incidents.filter((incident) => incident.id > id))
				cursor = page.nextCursor
				if (cursor === null || cursor <= id) return found.reverse()
			}
		},
		async times(id) {
			const { clock, notified, startsAt, ...incident } = details.parse(await get(`/api/incidents/${id}`))
			const all = remediations.parse(await get("/api/remediations?limit=200")).remediations
			const own = all.find(({ incidentId }) => incidentId === id)
			const accepted = notified.map(({ acceptedAt }) => acceptedAt)
			return {
				id,
				severity: incident.severity,
				onsetAt: clock?.onsetAt,
				onset: clock?.onset,
				pendingAt: clock?.pendingAt,
				firedAt: startsAt,
				receivedAt: incident.receivedAt,
				notifiedAt: accepted.length === 0 ? undefined : Math.min(...accepted),
				remediatedAt: own?.startedAt,
				verifiedAt: own?.state === "succeeded" ? own.endedAt : undefined,
				resolvedAt: incident.resolvedAt,
				remediation: own?.state,
			}
		},
	}
}
