import { sql } from "drizzle-orm"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import type { Telemetry } from "../../core/telemetry/telemetry.ts"
import type { Context } from "../context.ts"
import { listHeartbeats } from "../heartbeats/list.ts"
import { countUnread } from "../inbox/list.ts"
import { countOpen } from "../incidents/list.ts"
import { SEVERITIES } from "../incidents/severity.ts"
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
		handle: async ({ ctx, res }) => {
			await refresh(ctx)
			res.type(telemetry.contentType).send(await telemetry.exposeAll())
		},
	},
]

/** Gauges that are counted in the database, at most once a scrape. Without the database they are absent, not stale. */
async function refresh(ctx: Context): Promise<void> {
	try {
		const [open, unread, beats] = await Promise.all([countOpen(ctx), countUnread(ctx), listHeartbeats(ctx)])
		for (const severity of SEVERITIES) ctx.metrics.open.set({ severity }, open[severity])
		ctx.metrics.unread.set({}, unread)
		for (const { alertname, receivedAt } of beats) ctx.metrics.heartbeat.set({ alertname }, receivedAt.getTime() / 1000)
	} catch (error) {
		ctx.log.debug({ error: messageOf(error) }, "incidents cannot be counted")
		for (const severity of SEVERITIES) ctx.metrics.open.remove({ severity })
		ctx.metrics.unread.remove({})
	}
}
