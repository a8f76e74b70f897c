import { insightStream, recommendationStream } from "./autonomous/analysis.ts"
import { eventStream } from "./autonomous/events.ts"
import { improvementStream } from "./autonomous/improvements.ts"
import { mcpCallStream } from "./autonomous/mcp-calls.ts"
import { sessionStream } from "./autonomous/sessions.ts"
import { outcomeStream } from "./business/outcomes.ts"
import type { Stream } from "./kit/stream.ts"
import { reviewStream, rollbackStream, violationStream } from "./safety/streams.ts"

/** The streams of the contract's views, by the group that exposes them. */
export const STREAMS: Readonly<Record<"autonomous" | "safety" | "business", readonly Stream[]>> = {
	autonomous: [sessionStream, mcpCallStream, insightStream, recommendationStream, improvementStream, eventStream],
	safety: [violationStream, reviewStream, rollbackStream],
	business: [outcomeStream],
}
