import { z } from "zod"
import type { Context } from "../context.ts"
import { parseInput, smallBody } from "../http/input.ts"
import type { PersonRoute, Route } from "../http/route.ts"
import { type Change, emergencyStop, pauseSessions, releaseStop, resumeSessions } from "./change.ts"
import { type Followed, insist } from "./follow.ts"
import { readControl } from "./read.ts"

export const changeInput = z.object({ reason: z.string().trim().min(1, "say why").max(500) })

/** Stopping and pausing is for everybody who is on call; letting work begin again after a stop is an administrator's. */
export const CHANGES = {
	stop: { access: "responder", ...verbs(emergencyStop) },
	pause: { access: "responder", ...verbs(pauseSessions) },
	resume: { access: "responder", ...verbs(resumeSessions) },
	release: { access: "admin", ...verbs(releaseStop) },
} as const

/** `change` tells what could not be done; `verb` throws it, for pages, on which a person would not see it otherwise. */
function verbs(change: (ctx: Context, how: Change) => Promise<Followed>) {
	return { change, verb: async (ctx: Context, how: Change) => insist(await change(ctx, how)) }
}

/** What autonomous sessions may do, for them and for programs. */
export const controlRoutes: readonly Route[] = [
	{
		method: "GET",
		path: "/api/control",
		// Sessions ask on every step, from wherever they are; it tells nothing but whether they may work.
		access: "public",
		answer: "json",
		handle: async ({ ctx, res }) => {
			const { state, revision, changedAt } = await readControl(ctx)
			res.set("cache-control", "no-store").json({ state, revision, since: changedAt })
		},
	},
	...Object.entries(CHANGES).map(
		([name, { access, change }]): PersonRoute => ({
			method: "POST",
			path: `/api/control/${name}`,
			access,
			answer: "json",
			handle: async ({ ctx, req, res, caller }) => {
				const { reason } = parseInput(changeInput, await smallBody(req, res))
				const { undone } = await change(ctx, { by: caller, reason })
				res.json({ ...(await readControl(ctx)), undone })
			},
		}),
	),
]
