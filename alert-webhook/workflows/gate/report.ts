import { z } from "zod"
import type { Context } from "../../context.ts"
import { MOST_CALL_BYTES } from "../../domain/approvals.ts"
import { issuedAt } from "../../domain/challenge.ts"
import { recordReport } from "../../store/gate-answers.ts"
import { readAnswers } from "./answers.ts"
import { askForCalls } from "./approve-call.ts"
import { readFlag } from "./flag.ts"
import { PROBE } from "./probe.ts"

/** What a host says about its gate: the challenge in its flag, and its hooks' answers. */
export const reportSchema = z.object({
	host: z.string().trim().min(1).max(100),
	/** The latest challenge that reached the host; empty before the first. */
	challenge: z.string().max(200),
	problem: z.string().max(500).nullable(),
	/** Calls that wait for a person, as their hooks wrote them. */
	calls: z.array(z.string().max(MOST_CALL_BYTES)).max(5).default([]),
	answers: z.array(z.object({ id: z.string().regex(/^[\w-]{1,100}$/), challenge: z.string().max(200) })).max(500),
})
export type Report = z.output<typeof reportSchema>

/** This host's report from its files. `problem` is the probe's result. */
export async function makeReport(
	{ flag, host, now }: { readonly flag: string; readonly host: string; readonly now: number },
	problem: string | null,
): Promise<Report> {
	const challenge = readFlag(flag)?.challenge ?? ""
	const answers = [...(await readAnswers(flag, now))]
	return { host, challenge, problem: problem?.slice(0, 500) ?? null, answers, calls: [] }
}

/** Records the answers of a report that answer challenges of ours. Without a challenge of ours it is ignored. */
export async function acceptReport(ctx: Context, { host, challenge, problem, answers, calls }: Report): Promise<void> {
	await askForCalls(ctx, { host, bodies: calls })
	const { challengeKey } = ctx.settings
	const now = ctx.clock.now()
	const seenAt = issuedAt(challengeKey, challenge, now)
	if (seenAt === undefined) return
	const valid = answers.flatMap((answer) => {
		const answeredAt = issuedAt(challengeKey, answer.challenge, now)
		return answeredAt === undefined ? [] : [{ id: answer.id, answeredAt }]
	})
	const sessions = new Map(valid.map((answer) => [answer.id, answer]))
	const answeredAt = sessions.get(PROBE)?.answeredAt
	sessions.delete(PROBE)
	await recordReport(ctx, { host, seenAt, answeredAt, problem, sessions: [...sessions.values()] })
}
