import { z } from "zod"
import { REMEDIATIONS } from "../../../core/alerts/schema.ts"
import { cursor, wholeNumber } from "../../domain/input.ts"
import { listRemediations } from "../../store/remediations/list.ts"
import {
	listPolicies,
	policyInput,
	readAutomation,
	resetBreaker,
	setAutomation,
	setPolicy,
} from "../../store/remediations/policy.ts"
import { approve, refuse } from "../../workflows/remediation/approve.ts"
import { idOf, parseInput, smallBody } from "../http/input.ts"
import type { PersonRoute, Route } from "../http/route.ts"

const listInput = z.object({
	state: z.string().max(30).optional(),
	limit: wholeNumber(1, 200).default(50),
	cursor,
})
const resetInput = z.object({ action: z.enum(REMEDIATIONS) })

/** Everyone on call may pause automatic remediation; only an administrator may resume it. */
export const AUTOMATION_CHANGES = {
	pause: { access: "responder", paused: true },
	resume: { access: "admin", paused: false },
} as const

/** The answers of a responder to a remediation that waits for approval. */
export const ANSWERS = { approve, refuse } as const

/** Remediation for programs. */
export const remediationRoutes: readonly Route[] = [
	{
		method: "GET",
		path: "/api/remediations",
		access: "viewer",
		answer: "json",
		handle: async ({ ctx, req, res }) => {
			const page = await listRemediations(ctx, parseInput(listInput, req.query))
			res.json({ remediations: page, nextCursor: page.at(-1)?.id ?? null })
		},
	},
	{
		method: "GET",
		path: "/api/remediation/policies",
		access: "viewer",
		answer: "json",
		handle: async ({ ctx, res }) => {
			res.json({ policies: await listPolicies(ctx), automation: await readAutomation(ctx) })
		},
	},
	{
		method: "POST",
		path: "/api/remediation/policies",
		access: "admin",
		answer: "json",
		handle: async ({ ctx, req, res, caller }) => {
			await setPolicy(ctx, { ...parseInput(policyInput, await smallBody(req, res)), by: caller })
			res.json({ policies: await listPolicies(ctx) })
		},
	},
	{
		method: "POST",
		path: "/api/remediation/reset",
		access: "responder",
		answer: "json",
		handle: async ({ ctx, req, res, caller }) => {
			await resetBreaker(ctx, { ...parseInput(resetInput, await smallBody(req, res)), by: caller })
			res.json({ policies: await listPolicies(ctx) })
		},
	},
	...Object.entries(AUTOMATION_CHANGES).map(
		([name, { access, paused }]): PersonRoute => ({
			method: "POST",
			path: `/api/remediation/${name}`,
			access,
			answer: "json",
			handle: async ({ ctx, res, caller }) => {
				await setAutomation(ctx, { by: caller, paused })
				res.json(await readAutomation(ctx))
			},
		}),
	),
	...Object.entries(ANSWERS).map(
		([name, answer]): PersonRoute => ({
			method: "POST",
			path: `/api/remediations/:id/${name}`,
			access: "responder",
			answer: "json",
			handle: async ({ ctx, req, res, caller }) => {
				res.json(await answer(ctx, { id: idOf(req), by: caller }))
			},
		}),
	),
]
