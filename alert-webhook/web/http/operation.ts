import { sql } from "drizzle-orm"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import { tokenCheck } from "../../../core/lib/request-check.ts"
import { withTimeout } from "../../../core/lib/timeout.ts"
import { formatFor } from "../../../core/metrics/format.ts"
import type { MetricRegistry } from "../../../core/metrics/registry.ts"
import { readRunner } from "../../clients/runner.ts"
import type { Context } from "../../context.ts"
import { refreshGauges } from "../../workflows/metrics/gauges.ts"
import type { Route } from "./route.ts"

/** A probe must be fast: a slower database counts as down. */
const PATIENCE_MS = 1_000

async function databaseAnswers({ db, log }: Context): Promise<boolean> {
	try {
		await withTimeout({ ms: PATIENCE_MS, message: "PostgreSQL is slow" }, () => db.execute(sql`select 1`))
		return true
	} catch (error) {
		log.debug({ error: messageOf(error) }, "not ready")
		return false
	}
}

export interface OperationOptions {
	readonly telemetry: MetricRegistry
	/** The bearer token of a scrape; undefined leaves the series open. */
	readonly metricsToken: string | undefined
}

/** Health, readiness and metrics, for operators. */
export function operationRoutes({ telemetry, metricsToken }: OperationOptions): readonly Route[] {
	const withoutToken = tokenCheck(metricsToken, "METRICS_TOKEN")
	return [
		{
			method: "GET",
			path: "/healthz",
			access: "public",
			answer: "json",
			// Alive even so: a restart of this process would not bring the database back.
			handle: async ({ ctx, res }) => {
				const there = await databaseAnswers(ctx)
				const runner = await readRunner(ctx.settings.runnerStatus)
				const parts = runner?.parts.map(({ name, state, since, restarts }) => ({ name, state, since, restarts }))
				res.json({ status: there ? "ok" : "degraded", database: there ? "ok" : "away", parts })
			},
		},
		{
			method: "GET",
			path: "/readyz",
			access: "public",
			answer: "json",
			handle: async ({ ctx, res }) => {
				if (!(await databaseAnswers(ctx))) throw new ObservatoryError("unavailable", "PostgreSQL does not answer.")
				res.json({ status: "ok" })
			},
		},
		{
			method: "GET",
			path: "/metrics",
			access: "public",
			answer: "json",
			handle: async ({ ctx, req, res }) => {
				const refusal = withoutToken(req)
				if (refusal) throw refusal
				await refreshGauges(ctx)
				const format = formatFor(req.headers.accept)
				res.set({ "Content-Type": format, Vary: "Accept" }).send(await telemetry.exposeAll(format))
			},
		},
	]
}
