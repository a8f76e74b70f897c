import { z } from "zod"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { isCallLink } from "../../domain/signed-link.ts"
import { findCall, listWaitingCalls, type WaitingCall } from "../../store/tool-calls.ts"
import { answerCall } from "../../workflows/gate/approve-call.ts"
import { parseInput } from "../http/input.ts"
import type { Call, PersonRoute, Route } from "../http/route.ts"

const hashOf = ({ params }: Call["req"]): string =>
	parseInput(z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/) }), params).hash

export const CALL_ANSWERS = { approve: "approved", refuse: "refused" } as const

const shown = ({ body, ...row }: WaitingCall) => ({ ...row, call: JSON.parse(body) as unknown })

/** The calls that wait for a person, for programs and for the console's forms. */
export const callRoutes: readonly Route[] = [
	{
		method: "GET",
		path: "/api/calls",
		access: "viewer",
		answer: "json",
		handle: async ({ ctx, res }) => {
			res.json((await listWaitingCalls(ctx)).map(shown))
		},
	},
	...Object.entries(CALL_ANSWERS).flatMap(([name, decision]): PersonRoute[] => [
		{
			method: "POST",
			path: `/api/calls/:hash/${name}`,
			access: "responder",
			answer: "json",
			handle: async ({ ctx, req, res, caller }) => {
				res.json(shown(await answerCall(ctx, { hash: hashOf(req), decision, by: caller })))
			},
		},
		{
			method: "POST",
			path: `/calls/:hash/${name}`,
			access: "responder",
			answer: "page",
			handle: async ({ ctx, req, res, caller }) => {
				await answerCall(ctx, { hash: hashOf(req), decision, by: caller })
				res.redirect(303, "/response")
			},
		},
	]),
]

/** The call of a signed link. @throws ObservatoryError `forbidden` */
export async function callOfLink({ ctx, req }: Call): Promise<WaitingCall> {
	const hash = hashOf(req)
	const call = isCallLink(ctx.settings.linkKey, { hash, token: String(req.params.token), now: ctx.clock.now() })
		? await findCall(ctx, hash)
		: undefined
	if (call) return call
	throw new ObservatoryError("forbidden", "This link is not valid for this call, or has expired with it.", {
		advice: "The console shows the calls that wait, under Response.",
	})
}
