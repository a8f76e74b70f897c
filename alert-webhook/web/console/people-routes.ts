import { createToken, createTokenInput, type GivenToken, listTokens, revokeToken } from "../../store/tokens.ts"
import { idOf, parseInput, smallBody } from "../http/input.ts"
import type { PersonCall, Route } from "../http/route.ts"
import { peoplePage } from "./pages/people.ts"
import { show } from "./show.ts"

/** The page of personal tokens and its forms. */
export const peopleRoutes: readonly Route[] = [
	{ method: "GET", path: "/people", access: "admin", answer: "page", handle: (call) => showPeople(call) },
	{
		method: "POST",
		path: "/people",
		access: "admin",
		answer: "page",
		handle: async (call) => {
			const { days, ...body } = await smallBody(call.req, call.res)
			// A form sends empty fields too.
			const input = parseInput(createTokenInput, days === "" ? body : { ...body, days })
			await showPeople(call, await createToken(call.ctx, { ...input, by: call.caller }))
		},
	},
	{
		method: "POST",
		path: "/people/:id/revoke",
		access: "admin",
		answer: "page",
		handle: async ({ ctx, req, res, caller }) => {
			await revokeToken(ctx, { id: idOf(req), by: caller })
			res.redirect(303, "/people")
		},
	},
]

async function showPeople(call: PersonCall, given?: GivenToken): Promise<void> {
	const { ctx, csrf } = call
	await show(call, async () => {
		const main = peoplePage({ tokens: await listTokens(ctx), given, csrf, now: ctx.clock.now() })
		return { title: "People", section: "people", main }
	})
}
