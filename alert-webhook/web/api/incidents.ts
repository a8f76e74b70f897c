import { getIncident } from "../../store/incidents/get.ts"
import { listIncidents, listIncidentsInput } from "../../store/incidents/list.ts"
import { acknowledge } from "../../workflows/lifecycle/acknowledge.ts"
import { acknowledgeAll, selectionInput } from "../../workflows/lifecycle/acknowledge-all.ts"
import { closeIncident, closeInput } from "../../workflows/lifecycle/close.ts"
import { idOf, parseInput, smallBody } from "../http/input.ts"
import type { Route } from "../http/route.ts"

/** Incidents for programs. */
export const incidentRoutes: readonly Route[] = [
	{
		method: "GET",
		path: "/api/incidents",
		access: "viewer",
		answer: "json",
		handle: async ({ ctx, req, res }) => {
			res.json(await listIncidents(ctx, parseInput(listIncidentsInput, req.query)))
		},
	},
	{
		method: "GET",
		path: "/api/incidents/:id",
		access: "viewer",
		answer: "json",
		handle: async ({ ctx, req, res }) => {
			res.json(await getIncident(ctx, idOf(req)))
		},
	},
	{
		method: "POST",
		path: "/api/incidents/:id/acknowledge",
		access: "responder",
		answer: "json",
		handle: async ({ ctx, req, res, caller }) => {
			res.json(await acknowledge(ctx, { id: idOf(req), by: caller }))
		},
	},
	{
		method: "POST",
		path: "/api/incidents/acknowledge",
		access: "responder",
		answer: "json",
		handle: async ({ ctx, req, res, caller }) => {
			const { ids } = parseInput(selectionInput, await smallBody(req, res))
			res.json(await acknowledgeAll(ctx, { ids, by: caller }))
		},
	},
	{
		method: "POST",
		path: "/api/incidents/:id/close",
		access: "responder",
		answer: "json",
		handle: async ({ ctx, req, res, caller }) => {
			res.json(
				await closeIncident(ctx, { ...parseInput(closeInput, await smallBody(req, res)), id: idOf(req), by: caller }),
			)
		},
	},
]
