import { z } from "zod"

/** The most bytes of a call that a person can be shown. approve.mjs repeats it. */
export const MOST_CALL_BYTES = 40_000

const pattern = z
	.string()
	.min(1)
	.refine((text) => isPattern(text), "expected a regular expression of JavaScript")

/** A rule that names tool calls which need a person. */
const rule = z.strictObject({
	name: z.string().min(1).max(100),
	/** The whole name of the tool. */
	tool: pattern,
	/** Any part of the arguments; all calls of the tool when absent. */
	arguments: pattern.optional(),
})

/** What the hook reads beside the control state. */
export const approvalsSchema = z.object({
	/** How long a call waits for a person, in seconds. */
	waitS: z.number().int().min(5).max(540),
	rules: z.array(rule).max(100),
	decisions: z.array(z.object({ hash: z.string(), decision: z.enum(["approved", "refused"]) })).default([]),
})
export type Approvals = z.output<typeof approvalsSchema>
export type ApprovalRules = Omit<Approvals, "decisions">

/** A call as the hook describes it. */
export const toolCallSchema = z.object({
	rule: z.string().max(100),
	session: z.string().max(200),
	cwd: z.string().max(4_000),
	tool: z.string().max(500),
	input: z.unknown(),
	nonce: z.string().min(16).max(100),
})
export type ToolCall = z.output<typeof toolCallSchema>

function isPattern(text: string): boolean {
	try {
		new RegExp(text, "u")
		return true
	} catch {
		return false
	}
}
