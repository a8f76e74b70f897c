import { z } from "zod"
import { readControl } from "../../store/control.ts"
import { emergencyStop, pauseSessions, releaseStop, resumeSessions } from "../../workflows/control/change.ts"
import { parseInput, smallBody } from "../http/input.ts"
import type { PersonRoute, Route } from "../http/route.ts"

export const changeInput = z.object({ reason: z.string().trim().min(1, "say why").max(500) })

/** Stopping and pausing is for everybody who is on call; letting work begin again after a stop is an administrator's. */
export const CHANGES = {
	stop: { access: "responder", change: emergencyStop },
	pause: { access: "responder", change: pauseSessions },
	resume: { access: "responder", change: resumeSessions },
	release: { access: "admin", change: releaseStop },
} as const

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
