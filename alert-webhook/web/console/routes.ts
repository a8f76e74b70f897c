import { z } from "zod"
import { cursor, identifier } from "../../domain/input.ts"
import { searchAudit, searchAuditInput } from "../../store/audit/read.ts"
import { verifyAudit } from "../../store/audit/verify.ts"
import { listHeartbeats } from "../../store/heartbeats.ts"
import { listMessages, markRead } from "../../store/inbox.ts"
import { getIncident } from "../../store/incidents/get.ts"
import { countOpen, listIncidents, listOpen } from "../../store/incidents/list.ts"
import { countPages } from "../../store/pages/count.ts"
import { remediationsOf } from "../../store/remediations/list.ts"
import type { Changes } from "../../workflows/changes.ts"
import { upcomingPage } from "../../workflows/escalation/upcoming.ts"
import { acknowledge } from "../../workflows/lifecycle/acknowledge.ts"
import { acknowledgeAll, MOST_SELECTED, selectionInput } from "../../workflows/lifecycle/acknowledge-all.ts"
import { closeIncident, closeInput } from "../../workflows/lifecycle/close.ts"
import { idOf, parseInput, smallBody } from "../http/input.ts"
import type { Route } from "../http/route.ts"
import { auditPage, verdictPage } from "./pages/audit.ts"
import { inboxPage } from "./pages/inbox.ts"
import { incidentPage } from "./pages/incident.ts"
import { overview } from "./pages/overview.ts"
import { resolvedPage } from "./pages/resolved.ts"
import { readSearch } from "./read-search.ts"
import { show } from "./show.ts"

export interface ConsoleOptions {
	readonly changes: Changes
	/** Grafana's address; undefined where none is configured. */
	readonly grafanaUrl: string | undefined
}

const cursorInput = z.object({ cursor })
const readInput = z.union([z.object({ id: identifier }), z.object({ upTo: identifier })])

/** The console's pages and their forms. */
export const consoleRoutes = ({ changes, grafanaUrl }: ConsoleOptions): readonly Route[] => [
	{
		method: "GET",
		path: "/",
		access: "viewer",
		answer: "page",
		handle: (call) =>
			show(call, async (open, unread) => {
				const { ctx, caller, csrf } = call
				const search = readSearch(call.req.query)
				const [incidents, resolved, counts, beats, pages] = await Promise.all([
					listOpen(ctx, MOST_SELECTED, search.filters),
					listIncidents(ctx, { status: "resolved", limit: 1 }),
					countOpen(ctx),
					listHeartbeats(ctx),
					countPages(ctx),
				])
				const silences = pages.open.pages_silenced
				const heartbeatAt = beats[0]?.receivedAt
				const now = ctx.clock.now()
				const lastResolved = resolved.incidents[0]
				const view = {
					...incidents,
					search,
					counts,
					lastResolved,
					unread,
					heartbeatAt,
					silences,
					role: caller.role,
					csrf,
					now,
				}
				const main = overview(view)
				return { title: open > 0 ? `${open} open` : "All quiet", section: "open", main }
			}),
	},
	{
		method: "GET",
		path: "/incidents/:id",
		access: "viewer",
		answer: "page",
		handle: (call) =>
			show(call, async () => {
				const { ctx, caller, csrf, req } = call
				const incident = await getIncident(ctx, idOf(req))
				const [remediations, upcoming] = await Promise.all([
					remediationsOf(ctx, incident.id),
					upcomingPage(ctx, incident),
				])
				const now = ctx.clock.now()
				const main = incidentPage({ incident, remediations, upcoming, role: caller.role, csrf, now, grafanaUrl })
				return { title: incident.alertname, section: incident.status === "firing" ? "open" : "resolved", main }
			}),
	},
	{
		method: "POST",
		path: "/incidents/:id/acknowledge",
		access: "responder",
		answer: "page",
		handle: async ({ ctx, req, res, caller }) => {
			const id = idOf(req)
			await acknowledge(ctx, { id, by: caller })
			res.redirect(303, back(req.get("referer"), `/incidents/${id}`))
		},
	},
	{
		method: "POST",
		path: "/incidents/acknowledge",
		access: "responder",
		answer: "page",
		handle: async ({ ctx, req, res, caller }) => {
			const { ids } = parseInput(selectionInput, await smallBody(req, res))
			await acknowledgeAll(ctx, { ids, by: caller })
			res.redirect(303, back(req.get("referer"), "/"))
		},
	},
	{
		method: "POST",
		path: "/incidents/:id/close",
		access: "responder",
		answer: "page",
		handle: async ({ ctx, req, res, caller }) => {
			const id = idOf(req)
			await closeIncident(ctx, { ...parseInput(closeInput, await smallBody(req, res)), id, by: caller })
			res.redirect(303, `/incidents/${id}`)
		},
	},
	{
		method: "GET",
		path: "/resolved",
		access: "viewer",
		answer: "page",
		handle: (call) =>
			show(call, async () => {
				const { cursor } = parseInput(cursorInput, call.req.query)
				const search = readSearch(call.req.query)
				const page = await listIncidents(call.ctx, { ...search.filters, status: "resolved", limit: 50, cursor })
				const continued = cursor !== undefined
				const main = resolvedPage({ ...page, search, continued, now: call.ctx.clock.now() })
				return { title: "Resolved", section: "resolved", main }
			}),
	},
	{
		method: "GET",
		path: "/inbox",
		access: "viewer",
		answer: "page",
		handle: (call) =>
			show(call, async (_, unread) => {
				const { ctx, caller, csrf, req } = call
				const { cursor } = parseInput(cursorInput, req.query)
				const messages = await listMessages(ctx, { limit: 100, cursor })
				const older = messages.length === 100 ? (messages.at(-1)?.id ?? null) : null
				const main = inboxPage({ messages, unread, older, role: caller.role, csrf, now: ctx.clock.now() })
				return { title: "Inbox", section: "inbox", main }
			}),
	},
	{
		method: "POST",
		path: "/inbox/read",
		access: "responder",
		answer: "page",
		handle: async ({ ctx, req, res }) => {
			await markRead(ctx, parseInput(readInput, await smallBody(req, res)))
			res.redirect(303, "/inbox")
		},
	},
	{
		method: "GET",
		path: "/audit",
		access: "admin",
		answer: "page",
		handle: (call) =>
			show(call, async () => {
				const input = parseInput(searchAuditInput, call.req.query)
				const { actor, action, target, limit } = input
				const entries = await searchAudit(call.ctx, input)
				const last = entries.at(-1)
				const query = new URLSearchParams()
				for (const [name, value] of Object.entries({ actor, action, target, cursor: last?.seq }))
					if (value) query.set(name, String(value))
				const older = last && entries.length === limit ? query.toString() : null
				const main = auditPage({ entries, filter: { actor, action, target }, older })
				return { title: "Audit", section: "audit", main }
			}),
	},
	{
		method: "GET",
		path: "/audit/verify",
		access: "admin",
		answer: "page",
		handle: (call) =>
			show(call, async () => {
				const verdict = await verifyAudit(call.ctx)
				return { title: "Verify the audit log", section: "audit", main: verdictPage(verdict) }
			}),
	},
	{
		method: "GET",
		path: "/changes",
		access: "viewer",
		answer: "json",
		handle: ({ req, res }) => changes.open(req, res),
	},
]

/** The path of a form's page, so that people stay there; never another site. */
function back(referer: string | undefined, otherwise: string): string {
	if (!referer || !URL.canParse(referer)) return otherwise
	const { pathname, search } = new URL(referer)
	return pathname === "/" ? `/${search}` : otherwise
}
