import { endWindow, listWindows, openWindow, openWindowInput } from "../../store/maintenance.ts"
import { afterChange } from "../../workflows/maintenance/run-maintenance.ts"
import { idOf, parseInput, smallBody } from "../http/input.ts"
import type { PersonRoute, Route } from "../http/route.ts"

/** Maintenance windows, for programs and for the console's forms. */
export const maintenanceRoutes: readonly Route[] = [
	{
		method: "GET",
		path: "/api/maintenance",
		access: "viewer",
		answer: "json",
		handle: async ({ ctx, res }) => {
			res.json({ windows: await listWindows(ctx) })
		},
	},
	...(["json", "page"] as const).flatMap((answer): PersonRoute[] => {
		const base = answer === "json" ? "/api/maintenance" : "/maintenance"
		return [
			{
				method: "POST",
				path: base,
				access: "responder",
				answer,
				handle: async ({ ctx, req, res, caller }) => {
					const input = parseInput(openWindowInput, await smallBody(req, res))
					const window = await openWindow(ctx, { ...input, by: caller })
					await afterChange(ctx)
					if (answer === "json") res.status(201).json(window)
					else res.redirect(303, "/response")
				},
			},
			{
				method: "POST",
				path: `${base}/:id/end`,
				access: "responder",
				answer,
				handle: async ({ ctx, req, res, caller }) => {
					const window = await endWindow(ctx, { id: idOf(req), by: caller })
					await afterChange(ctx)
					if (answer === "json") res.json(window)
					else res.redirect(303, "/response")
				},
			},
		]
	}),
]
