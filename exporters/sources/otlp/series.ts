import captured from "../../../core/catalogue/subjects/captured.ts"
import claudeCode from "../../../core/catalogue/subjects/claude-code.ts"
import genAi from "../../../core/catalogue/subjects/gen-ai.ts"
import mcp from "../../../core/catalogue/subjects/mcp.ts"
import sessionAgents from "../../../core/catalogue/subjects/session-agents.ts"
import type { SeriesSpec } from "../../../core/catalogue/types.ts"

/** Every series that received telemetry is turned into. */
export const OBSERVED_SERIES: readonly SeriesSpec[] = [captured, claudeCode, genAi, mcp, sessionAgents]
	.flatMap((subject) => subject.series)
	.filter((series) => series.emitter === "otlp")
