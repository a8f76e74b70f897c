import { atMost, counter, gauge, oneOf, subject } from "../define.ts"

/** What became of a line; only used ones say something about a session. */
export const LINE_RESULTS = ["used", "skipped", "unknown_type", "malformed", "too_long", "too_old"] as const

export const transcriptLines = counter({
	name: "autonomous_transcript_lines_total",
	group: "autonomous",
	quantity: "count",
	help: "Lines of Claude Code's transcripts that were read, by what became of them. Unknown types and malformed lines mean that the format has changed.",
	labels: { result: oneOf(...LINE_RESULTS) },
	emitter: "transcripts",
})

export const transcriptFilesSeen = gauge({
	name: "autonomous_transcript_files",
	group: "autonomous",
	quantity: "count",
	help: "Transcript files that exist.",
	labels: {},
	emitter: "transcripts",
})

export const transcriptUnknownLines = counter({
	name: "autonomous_transcript_unknown_lines_total",
	group: "autonomous",
	quantity: "count",
	help: "Lines of Claude Code's transcripts of a type that is not known, by type: a newer format than this release reads.",
	labels: { type: atMost(50, "the line's type") },
	emitter: "transcripts",
})

export const UNREADABLE_KINDS = ["file", "folder"] as const

export const transcriptUnreadable = gauge({
	name: "autonomous_transcript_unreadable",
	group: "autonomous",
	quantity: "count",
	help: "Transcript files and folders that exist and cannot be read. The log and npm run doctor name them.",
	labels: { kind: oneOf(...UNREADABLE_KINDS) },
	emitter: "transcripts",
})

/** Shown for the models that have any. */
export const sessionUnpricedTokens = gauge({
	name: "autonomous_session_unpriced_tokens",
	group: "autonomous",
	quantity: "count",
	help: "Tokens of the last 24 hours whose cost is not known, by model: neither Claude Code said it nor does the price table have it. The sessions' cost lacks them.",
	labels: { model: atMost(50, "the model's name without a provider's spelling and a date") },
	emitter: "transcripts",
})

export const transcriptUnpriced = counter({
	name: "autonomous_transcript_unpriced_answers_total",
	group: "autonomous",
	quantity: "count",
	help: "Answers whose model is not in the price table when they are read; Claude Code may say later what they cost.",
	labels: { model: atMost(50, "the model's name") },
	emitter: "transcripts",
})

export default subject({
	title: "Transcripts",
	series: [
		transcriptLines,
		transcriptUnknownLines,
		transcriptFilesSeen,
		transcriptUnreadable,
		transcriptUnpriced,
		sessionUnpricedTokens,
	],
	recordings: [],
	paths: [],
})
