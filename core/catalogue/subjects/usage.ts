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

export const organisationTokens = gauge({
	name: "autonomous_organisation_tokens",
	group: "autonomous",
	quantity: "count",
	help: "Tokens of 24 hours by the usage report of the Anthropic organisation, of all that its people and programs did. The last hour or two are not in it yet.",
	labels: {},
	emitter: "organisation",
})

export const organisationCost = gauge({
	name: "autonomous_organisation_cost_usd",
	group: "autonomous",
	quantity: "usd",
	help: "Cost of the current day (UTC) by the cost report of the Anthropic organisation.",
	labels: {},
	emitter: "organisation",
})

export const organisationMissing = gauge({
	name: "autonomous_organisation_missing_tokens",
	group: "autonomous",
	quantity: "count",
	help: "Tokens of the same 24 hours that transcripts have and the organisation's report lacks, by hour: work with another key, or counted twice.",
	labels: {},
	emitter: "organisation",
})

export default subject({
	title: "Usage",
	series: [usageSilentSessions, usageMissing, usageCompared, organisationTokens, organisationCost, organisationMissing],
	recordings: [],
	paths: [],
})
