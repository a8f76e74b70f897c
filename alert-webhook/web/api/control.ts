import { z } from "zod"
import { readControl } from "../../store/control.ts"
import { emergencyStop, pauseSessions, releaseStop, resumeSessions } from "../../workflows/control/change.ts"
import { parseInput, smallBody } from "../http/input.ts"
import type { PersonRoute, Route } from "../http/route.ts"

export const changeInput = z.object({ reason: z.string().trim().min(1, "expected a reason").max(500) })

/** Everyone on call may stop and pause; only an administrator may release a stop. */
export const CHANGES = {
	stop: { access: "responder", change: emergencyStop },
	pause: { access: "responder", change: pauseSessions },
	resume: { access: "responder", change: resumeSessions },
	release: { access: "admin", change: releaseStop },
} as const

/** The control state, for sessions and for programs. */
export const controlRoutes: readonly Route[] = [
	{
		method: "GET",
		path: "/api/control",
		// Sessions ask before every step, from anywhere; the answer reveals only whether they may work.
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
				const { pending, gateOnly, processes } = await change(ctx, { by: caller, reason })
				res.json({ ...(await readControl(ctx)), pending, gateOnly, processes })
			},
		}),
	),
]
