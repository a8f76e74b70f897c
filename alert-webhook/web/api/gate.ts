import { z } from "zod"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { challengeAt, prove, proven } from "../../domain/challenge.ts"
import { readControl } from "../../store/control.ts"
import { approvalsFor } from "../../workflows/gate/approve-call.ts"
import { acceptReport, reportSchema } from "../../workflows/gate/report.ts"
import { readStoppable } from "../../workflows/gate/stoppable.ts"
import { parseInput, reportBody } from "../http/input.ts"
import type { Route } from "../http/route.ts"

const message = z.object({ body: z.string(), proof: z.string() })
const report = reportSchema.extend({ nonce: z.string().min(16).max(100) })

/** What `npm run gate -- follow` and programs with sessions of their own use, and who would not stop. */
export const gateRoutes = (token: string | undefined): readonly Route[] => [
	{
		method: "POST",
		path: "/api/gate/report",
		// The report itself proves that its author has the token.
		access: "public",
		answer: "json",
		handle: async ({ ctx, req, res }) => {
			if (token === undefined)
				throw new ObservatoryError("forbidden", "This alert-webhook challenges no other hosts.", {
					advice: "Set GATE_TOKEN_FILE, and give the hosts the same token.",
				})
			const said = proven(token, "gate report", parseInput(message, await reportBody(req, res)))
			if (said === undefined) throw new ObservatoryError("unauthorized", "This report does not have the gate's token.")
			const { nonce, ...rest } = parseInput(report, said)
			await acceptReport(ctx, rest)
			const { state, revision } = await readControl(ctx)
			const approvals = await approvalsFor(ctx, rest.host)
			const challenge = challengeAt(ctx.settings.challengeKey, ctx.clock.now())
			res
				.set("cache-control", "no-store")
				.json(prove(token, `gate control ${nonce}`, { state, revision, challenge, approvals }))
		},
	},
	{
		method: "GET",
		path: "/api/control/stoppable",
		access: "viewer",
		answer: "json",
		handle: async ({ ctx, res }) => {
			res.json((await readStoppable(ctx)) ?? { ratio: null, seen: 0, outside: [] })
		},
	},
]
