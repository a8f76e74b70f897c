import { recordedCallDuration, recordedCallErrors, recordedCalls } from "../../core/catalogue/subjects/mcp-calls.ts"
import { defineStream } from "../kit/stream.ts"

export const mcpCallStream = defineStream({
	view: "mcp_calls",
	columns: ["server", "tool", "duration_seconds", "error"],
	emits: [recordedCalls, recordedCallErrors, recordedCallDuration],
	take(row, _before, tally) {
		const labels = { server: row.server || "unknown", tool: row.tool || "unknown" }
		tally.count(recordedCalls, labels)
		if (row.error !== null) tally.count(recordedCallErrors, labels)
		if (row.duration_seconds !== null) tally.observe(recordedCallDuration, labels, row.duration_seconds)
		return undefined
	},
})
