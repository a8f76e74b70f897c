import { type Random, seededRandom } from "../work/random.ts"
import type { Grid } from "./columns.ts"

export const HOUR = 3_600
export const DAY = 86_400

export const TROUBLES = ["sessions", "mcp", "database"] as const
export type Trouble = (typeof TROUBLES)[number]

/** Something that went wrong, from its start to its repair; times in seconds since the epoch. */
export interface Incident {
	readonly trouble: Trouble
	readonly severity: "critical" | "warning"
	readonly start: number
	readonly detected: number
	readonly acknowledged: number
	readonly end: number
	/** A remediation ended it, not a person. */
	readonly remediated: boolean
	/** The page was escalated before a person acknowledged it. */
	readonly escalated: boolean
}

/** What happened in the demo's past, as a function of the seed and the days. */
export interface Timeline {
	readonly incidents: readonly Incident[]
	/** When a new release was deployed. */
	readonly releases: readonly number[]
	/** Work as a share of a busy hour's: less by night and at the weekend. */
	activity(time: number): number
	/** Whether an incident of this kind is under way. */
	troubled(trouble: Trouble, time: number): boolean
	/** Days since the last release, which also tidies up: what drifts starts again there. */
	daysSinceRelease(time: number): number
	/** Releases up to now, each of which makes the system a little better. */
	releasesUntil(time: number): number
}

/** The last hours are calm: the demo starts in a healthy state. */
const CALM = 12 * HOUR
/** Tuesday and Thursday at ten, UTC. */
const RELEASE_DAYS: readonly number[] = [2, 4]
const RELEASE_HOUR = 10

export function createTimeline(seed: number, { start, step, count }: Grid): Timeline {
	const end = start + step * (count - 1)
	const incidents = planIncidents(seededRandom(seed), start, end)
	const releases = releasesBetween(start - 7 * DAY, end)
	const until = (time: number) => releases.filter((release) => release <= time)
	return {
		incidents,
		releases,
		activity(time) {
			const date = new Date(time * 1_000)
			const hour = date.getUTCHours() + date.getUTCMinutes() / 60
			const byDay = 0.9 + 0.1 * Math.sin(((hour - 8) / 24) * 2 * Math.PI)
			return byDay * ([0, 6].includes(date.getUTCDay()) ? 0.85 : 1)
		},
		troubled: (trouble, time) =>
			incidents.some((each) => each.trouble === trouble && each.start <= time && time < each.end),
		daysSinceRelease: (time) => (time - (until(time).at(-1) ?? start)) / DAY,
		releasesUntil: (time) => until(time).length,
	}
}

function planIncidents(random: Random, start: number, end: number): Incident[] {
	const incidents: Incident[] = []
	const first = random.int(0, TROUBLES.length - 1)
	// From the end backwards, so that a short past has some too.
	for (let time = end - CALM; ; ) {
		time -= random.between(0.3, 3) * DAY
		if (time < start + HOUR) return incidents.reverse()
		const begins = Math.round(time)
		const detected = begins + random.int(40, 160)
		const acknowledged = detected + random.int(60, 900)
		incidents.push({
			trouble: TROUBLES[(first + incidents.length) % TROUBLES.length] ?? "mcp",
			severity: random.chance(0.4) ? "critical" : "warning",
			start: begins,
			detected,
			acknowledged,
			end: acknowledged + random.int(5, 35) * 60,
			remediated: random.chance(0.5),
			escalated: acknowledged - detected > 600,
		})
	}
}

function releasesBetween(start: number, end: number): number[] {
	const releases: number[] = []
	for (let day = Math.floor(start / DAY) * DAY; day <= end; day += DAY) {
		const time = day + RELEASE_HOUR * HOUR
		if (RELEASE_DAYS.includes(new Date(day * 1_000).getUTCDay()) && time >= start && time <= end) releases.push(time)
	}
	return releases
}
