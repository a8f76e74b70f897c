import { sql } from "drizzle-orm"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { exposition } from "../../core/telemetry/exposition.ts"
import type { Telemetry } from "../../core/telemetry/telemetry.ts"
import { refreshGauges } from "../gauges.ts"
import type { Route } from "./route.ts"

/** What whoever runs the service asks: is it alive, can it work, and its metrics. */
export const operationRoutes = (telemetry: Telemetry): readonly Route[] => [
	{
		method: "GET",
		path: "/healthz",
		access: "public",
		answer: "json",
		handle: ({ res }) => void res.json({ status: "ok" }),
	},
	{
		method: "GET",
		path: "/readyz",
		access: "public",
		answer: "json",
		handle: async ({ ctx, res }) => {
			try {
				await ctx.db.execute(sql`select 1`)
			} catch (error) {
				ctx.log.debug({ error: messageOf(error) }, "not ready")
				throw new ObservatoryError("unavailable", "PostgreSQL does not answer.")
			}
			res.json({ status: "ok" })
		},
	},
	{
		method: "GET",
		path: "/metrics",
		access: "public",
		answer: "json",
		handle: async ({ ctx, req, res }) => {
			await refreshGauges(ctx)
			const { contentType, body } = exposition(await telemetry.exposeAll(), req.headers.accept)
			res.set({ "Content-Type": contentType, Vary: "Accept" }).send(body)
		},
	},
]
