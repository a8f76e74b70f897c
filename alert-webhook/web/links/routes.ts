import { z } from "zod"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { type LinkClaim, readLink } from "../../domain/signed-link.ts"
import { newestOf } from "../../store/incidents/find.ts"
import { getIncident } from "../../store/incidents/get.ts"
import { answerCall } from "../../workflows/gate/approve-call.ts"
import { acknowledge } from "../../workflows/lifecycle/acknowledge.ts"
import { callOfLink } from "../api/calls.ts"
import { idOf, parseInput, smallBody } from "../http/input.ts"
import type { Call, Route } from "../http/route.ts"
import { acknowledgedPage, acknowledgePage, callPage } from "./page.ts"

const callDecision = z.object({ decision: z.enum(["approved", "refused"]) })

/**
 * The targets of links in notifications. A signed one needs no sign-in: opening it shows the incident and changes
 * nothing, because mail scanners and chat previews open links; only the button of that page acknowledges.
 */
export const linkRoutes: readonly Route[] = [
	{
		method: "GET",
		path: "/alerts/:fingerprint",
		access: "viewer",
		answer: "page",
		handle: async ({ ctx, req, res }) => {
			res.redirect(303, `/incidents/${await newestOf(ctx, String(req.params.fingerprint).slice(0, 128))}`)
		},
	},
	{
		method: "GET",
		path: "/calls/:hash/:token",
		access: "public",
		answer: "page",
		handle: async (call) => {
			call.res.set("cache-control", "no-store").send(callPage(await callOfLink(call)))
		},
	},
	{
		method: "POST",
		path: "/calls/:hash/:token",
		access: "public",
		answer: "page",
		handle: async (call) => {
			const { hash } = await callOfLink(call)
			const { decision } = parseInput(callDecision, await smallBody(call.req, call.res))
			const by = { actor: "signed link of a call", address: call.req.ip ?? null }
			const row = await answerCall(call.ctx, { hash, decision, by })
			call.res.set("cache-control", "no-store").send(callPage(row))
		},
	},
	{
		method: "GET",
		path: "/acknowledge/:id/:token",
		access: "public",
		answer: "page",
		handle: async (call) => {
			const { recipients } = claimOf(call)
			const incident = await getIncident(call.ctx, idOf(call.req))
			const view = { incident, recipients, now: call.ctx.clock.now() }
			call.res.set("cache-control", "no-store").send(acknowledgePage(view))
		},
	},
	{
		method: "POST",
		path: "/acknowledge/:id/:token",
		access: "public",
		answer: "page",
		handle: async (call) => {
			const { incidentId, recipients } = claimOf(call)
			const by = { actor: `signed link (${recipients})`, address: call.req.ip ?? null }
			const incident = await acknowledge(call.ctx, { id: incidentId, by })
			call.res.set("cache-control", "no-store").send(acknowledgedPage(incident))
		},
	},
]

/** @throws ObservatoryError `forbidden` for a link that we have not signed, `gone` for an expired one */
function claimOf({ ctx, req }: Call): LinkClaim {
	const { token } = req.params
	const link = readLink(ctx.settings.linkKey, idOf(req), String(token), ctx.clock.now())
	if (link.is === "valid") return link.claim
	const advice = "Sign in to the console to acknowledge the incident there."
	if (link.is === "expired")
		throw new ObservatoryError("gone", "This link has expired: it was valid for 24 hours.", { advice })
	ctx.log.warn({ address: req.ip }, "acknowledgement link with an invalid signature")
	throw new ObservatoryError("forbidden", "This link is not valid for this incident; a part of it may be missing.", {
		advice,
	})
}
