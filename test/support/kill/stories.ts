import { alert, notification } from "../alert.ts"
import { remedyOf } from "./remedies.ts"

/** One instance of an alert, as notifications say it. */
export interface Said {
	readonly fingerprint: string
	readonly startsAt: string
	readonly status: "firing" | "resolved"
}

export interface Delivery {
	readonly path: string
	readonly body: unknown
	readonly said: readonly Said[]
	/** The inbox message that it is, if it is one. */
	readonly message?: string
}

export type Random = () => number

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function seeded(seed: number): Random {
	let state = seed >>> 0
	return () => {
		state = (state + 0x6d2b79f5) >>> 0
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
	}
}

const FIRST = "2026-11-23T08:00:00.123Z"
const SECOND = "2026-11-23T09:00:00.456Z"

const firing = (startsAt = FIRST) => ({ status: "firing" as const, startsAt })
const resolved = (startsAt = FIRST) => ({ status: "resolved" as const, startsAt })
/** What is sent about an alert, in order. The second one stays open, the third one with another start. */
const LIVES = [[firing(), resolved()], [firing()], [firing(), firing(SECOND)], [resolved(), firing()]] as const

/** Whether the life of a story ends with an open incident, and which start that has. */
export const openStart = (story: number): string | undefined => [undefined, FIRST, SECOND, undefined][story % 4]

/** Some stay open, some are resolved soon, some are remediated as well. */
export const isCritical = (story: number) => [1, 8, 13].includes(story % 16)

/** Those of the critical ones whose acknowledgement soon expires. */
export const isLent = (story: number) => [1, 29].includes(story % 32)

export const fingerprintOf = (story: number) => `story-${story}`

/**
 * What one Alertmanager delivers about a few stories in one group, and to a channel that is not configured. Another
 * Alertmanager delivers the same again; some of it comes twice, as after an answer that got lost.
 */
export function deliveriesOf(group: number, size: number, random: Random): Delivery[] {
	const stories = Array.from({ length: size }, (_, i) => group * size + i)
	const steps = [0, 1].flatMap((step): Delivery[] => {
		const reported = stories.flatMap((story) => {
			const life = LIVES[story % 4]?.[step]
			return life ? [{ story, ...life }] : []
		})
		if (reported.length === 0) return []
		const alerts = reported.map(({ story, status, startsAt }) => {
			const remedy = remedyOf(story)
			return alert({
				name: remedy?.alertname ?? `alert_${story % 40}`,
				fingerprint: fingerprintOf(story),
				status,
				startsAt,
				endsAt: status === "resolved" ? "2026-11-23T08:30:00Z" : "0001-01-01T00:00:00Z",
				severity: isCritical(story) ? "critical" : "warning",
				labels: {
					story: String(story),
					team: String(story % 3),
					...(isLent(story) ? { escalation: "lent" } : {}),
					...remedy?.labels,
				},
			})
		})
		const said = reported.map(({ story, ...rest }) => ({ fingerprint: fingerprintOf(story), ...rest }))
		return [{ path: "/api/alertmanager", body: notification(alerts), said }]
	})
	const message: Delivery = {
		path: "/api/inbox/slack-critical",
		body: notification([alert({ fingerprint: `message-${group}` })], { groupKey: `group ${group}` }),
		said: [],
		message: `group ${group}`,
	}
	return [...steps, message].flatMap((delivery) => (random() < 0.3 ? [delivery, delivery] : [delivery]))
}
