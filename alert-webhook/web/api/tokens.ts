import { z } from "zod"
import { nameFault, normalName } from "../../domain/access/names.ts"
import { createSignInLink } from "../../store/sign-in-links.ts"
import { createToken, createTokenInput, listTokens, revokeToken } from "../../store/tokens.ts"
import { idOf, parseInput, smallBody } from "../http/input.ts"
import type { Route } from "../http/route.ts"

/** A suggestion: the person confirms it, so a name that cannot be one is left out. */
const linkInput = z.object({
	name: z
		.string()
		.max(64)
		.transform(normalName)
		.transform((name) => (nameFault(name) === undefined ? name : ""))
		.catch(""),
})

/** Personal tokens and sign-in links, for administrators. */
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
	{
		method: "POST",
		path: "/api/sign-in-links",
		access: "admin",
		answer: "json",
		handle: async ({ ctx, req, res, caller }) => {
			const { name } = parseInput(linkInput, await smallBody(req, res))
			res.status(201).json(await createSignInLink(ctx, { by: caller, name }))
		},
	},
]
