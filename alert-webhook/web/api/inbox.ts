import { z } from "zod"
import { cursor, wholeNumber } from "../../domain/input.ts"
import { countUnread, listMessages, markRead } from "../../store/inbox.ts"
import { idOf, parseInput } from "../http/input.ts"
import type { Route } from "../http/route.ts"

const listInput = z.object({
	channel: z.string().min(1).max(64).optional(),
	unread: z
		.enum(["true", "false"])
		.optional()
		.transform((value) => value === "true"),
	limit: wholeNumber(1, 200).default(50),
	cursor,
})

/** The inbox for programs. */
export const inboxRoutes: readonly Route[] = [
	{
		method: "GET",
		path: "/api/inbox",
		access: "viewer",
		answer: "json",
		handle: async ({ ctx, req, res }) => {
			const messages = await listMessages(ctx, parseInput(listInput, req.query))
			res.json({ messages, unread: await countUnread(ctx) })
		},
	},
	{
		method: "POST",
		path: "/api/inbox/:id/read",
		access: "responder",
		answer: "json",
		handle: async ({ ctx, req, res }) => {
			res.json({ marked: await markRead(ctx, { id: idOf(req) }) })
		},
	},
]
