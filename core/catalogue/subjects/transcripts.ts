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

export const transcriptUnpriced = counter({
	name: "autonomous_transcript_unpriced_answers_total",
	group: "autonomous",
	quantity: "count",
	help: "Answers whose model is not in the price table, so that their cost is missing from the sessions' cost.",
	labels: { model: atMost(50, "the model's name") },
	emitter: "transcripts",
})

export default subject({
	title: "Transcripts",
	series: [transcriptLines, transcriptFilesSeen, transcriptUnpriced],
	recordings: [],
	paths: [],
})
