const SECOND = 1_000
const MINUTE = 60 * SECOND

/** Claude Code's own limit of a command without `timeout`, and the largest that it accepts by default. */
const COMMAND_MS = { byDefault: 2 * MINUTE, most: 10 * MINUTE }

/** How long a tool runs at most, so that longer silence has another reason. */
const ALLOWED_MS: Readonly<Record<string, number>> = {
	Agent: 30 * MINUTE,
	BashOutput: 10 * MINUTE,
	Edit: MINUTE,
	Glob: MINUTE,
	Grep: MINUTE,
	LS: MINUTE,
	MultiEdit: MINUTE,
	NotebookEdit: MINUTE,
	Read: MINUTE,
	Task: 30 * MINUTE,
	TaskOutput: 10 * MINUTE,
	TodoWrite: MINUTE,
	WebFetch: 3 * MINUTE,
	WebSearch: 3 * MINUTE,
	Write: MINUTE,
}
const OF_MCP_SERVERS = 10 * MINUTE
const OF_OTHERS = 5 * MINUTE

/** Tools that put a question to a person. */
const QUESTIONS = new Set(["AskUserQuestion", "ExitPlanMode"])

export const isQuestion = (tool: string): boolean => QUESTIONS.has(tool)

/** How long a call runs at most by itself, in milliseconds. */
export function allowedMs(tool: string, input: Readonly<Record<string, unknown>>): number {
	return tool === "Bash" ? commandMs(input) : longestMs(tool)
}

/** The same where the call's arguments are not known. */
export function longestMs(tool: string): number {
	if (tool === "Bash") return COMMAND_MS.most
	return ALLOWED_MS[tool] ?? (tool.startsWith("mcp__") ? OF_MCP_SERVERS : OF_OTHERS)
}

function commandMs({ timeout, run_in_background: background }: Readonly<Record<string, unknown>>): number {
	if (background === true) return MINUTE
	const asked = Number(timeout)
	return asked > 0 ? Math.min(asked, COMMAND_MS.most) : COMMAND_MS.byDefault
}
