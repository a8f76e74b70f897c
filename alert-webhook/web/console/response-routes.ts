import { readRunner } from "../../clients/runner.ts"
import { readControl } from "../../store/control.ts"
import { listWindows } from "../../store/maintenance.ts"
import { listRemediations } from "../../store/remediations/list.ts"
import { listPolicies, policyInput, readAutomation, setAutomation, setPolicy } from "../../store/remediations/policy.ts"
import { listWaitingCalls } from "../../store/tool-calls.ts"
import { readStoppable } from "../../workflows/gate/stoppable.ts"
import { CHANGES, changeInput } from "../api/control.ts"
import { ANSWERS, AUTOMATION_CHANGES } from "../api/remediations.ts"
import { idOf, parseInput, smallBody } from "../http/input.ts"
import type { PersonRoute, Route } from "../http/route.ts"
import { responsePage } from "./pages/response.ts"
import { show } from "./show.ts"

/** The page of the automatic response, its forms and those of an incident's remediations. */
export const responseRoutes: readonly Route[] = [
	{
		method: "GET",
		path: "/response",
		access: "viewer",
		answer: "page",
		handle: (call) =>
			show(call, async () => {
				const { ctx, caller, csrf } = call
				const [control, stoppable, calls, automation, policies, history, windows] = await Promise.all([
					readControl(ctx),
					readStoppable(ctx),
					listWaitingCalls(ctx),
					readAutomation(ctx),
					listPolicies(ctx),
					listRemediations(ctx, { limit: 50 }),
					listWindows(ctx),
				])
				const runner = await readRunner(ctx.settings.runnerStatus)
				const view = {
					runner,
					control,
					calls,
					stoppable,
					automation,
					policies,
					history,
					windows,
					caller,
					csrf,
					now: ctx.clock.now(),
				}
				return { title: "Response", section: "response", main: responsePage(view) }
			}),
	},
	...Object.entries(CHANGES).map(
		([name, { access, change }]): PersonRoute => ({
			method: "POST",
			path: `/control/${name}`,
			access,
			answer: "page",
			handle: async ({ ctx, req, res, caller }) => {
				const { reason } = parseInput(changeInput, await smallBody(req, res))
				await change(ctx, { by: caller, reason })
				res.redirect(303, "/response")
			},
		}),
	),
	...Object.entries(AUTOMATION_CHANGES).map(
		([name, { access, paused }]): PersonRoute => ({
			method: "POST",
			path: `/remediation/${name}`,
			access,
			answer: "page",
			handle: async ({ ctx, res, caller }) => {
				await setAutomation(ctx, { by: caller, paused })
				res.redirect(303, "/response")
			},
		}),
	),
	{
		method: "POST",
		path: "/remediation/mode",
		access: "admin",
		answer: "page",
		handle: async ({ ctx, req, res, caller }) => {
			const { action, mode } = parseInput(policyInput.pick({ action: true, mode: true }), await smallBody(req, res))
			const current = (await listPolicies(ctx)).find((policy) => policy.action === action && policy.target === "*")
			await setPolicy(ctx, { ...policyInput.parse({ ...current, action, mode, target: "*" }), by: caller })
			res.redirect(303, "/response")
		},
	},
	...Object.entries(ANSWERS).map(
		([name, answer]): PersonRoute => ({
			method: "POST",
			path: `/remediations/:id/${name}`,
			access: "responder",
			answer: "page",
			handle: async ({ ctx, req, res, caller }) => {
				const { incidentId } = await answer(ctx, { id: idOf(req), by: caller })
				res.redirect(303, `/incidents/${incidentId}`)
			},
		}),
	),
]
