import { gauge, oneOf, subject } from "../define.ts"

/** Where what sessions use is read from. */
export const USAGE_SOURCES = ["telemetry", "transcripts"] as const

const source = oneOf(...USAGE_SOURCES)

export const usageSilentSessions = gauge({
	name: "autonomous_usage_silent_sessions",
	group: "autonomous",
	quantity: "count",
	help: "Sessions that are silent in this source although the other one shows answers: telemetry that has stopped, or transcripts that are not read.",
	labels: { source },
	emitter: "usage",
})

export const usageMissing = gauge({
	name: "autonomous_usage_missing_tokens",
	group: "autonomous",
	quantity: "count",
	help: "Tokens of sessions of the last 24 hours that the other source has and this one lacks, by session. Telemetry also counts requests that no transcript shows, such as those for titles.",
	labels: { source },
	emitter: "usage",
})

export const usageCompared = gauge({
	name: "autonomous_usage_compared_tokens",
	group: "autonomous",
	quantity: "count",
	help: "Tokens of the last 24 hours, by source, of the sessions that are compared: those of the transcripts, once telemetry and transcripts had one in common.",
	labels: { source },
	emitter: "usage",
})

export default subject({
	title: "Usage",
	series: [usageSilentSessions, usageMissing, usageCompared],
	recordings: [],
	paths: [],
})
