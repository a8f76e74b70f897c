import { createToken, createTokenInput, listTokens, revokeToken } from "../../store/tokens.ts"
import { idOf, parseInput, smallBody } from "../http/input.ts"
import type { Route } from "../http/route.ts"

/** Personal tokens, for administrators. */
export const accessRoutes: readonly Route[] = [
	{
		method: "GET",
		path: "/api/tokens",
		access: "admin",
		answer: "json",
		handle: async ({ ctx, res }) => {
			res.json({ tokens: await listTokens(ctx) })
		},
	},
	{
		method: "POST",
		path: "/api/tokens",
		access: "admin",
		answer: "json",
		handle: async ({ ctx, req, res, caller }) => {
			const input = parseInput(createTokenInput, await smallBody(req, res))
			res
				.status(201)
				.set("cache-control", "no-store")
				.json(await createToken(ctx, { ...input, by: caller }))
		},
	},
	{
		method: "POST",
		path: "/api/tokens/:id/revoke",
		access: "admin",
		answer: "json",
		handle: async ({ ctx, req, res, caller }) => {
			await revokeToken(ctx, { id: idOf(req), by: caller })
			res.json({ tokens: await listTokens(ctx) })
		},
	},
]
