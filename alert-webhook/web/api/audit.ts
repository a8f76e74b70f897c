import { allEntries, exportLine, searchAudit, searchAuditInput } from "../../store/audit/read.ts"
import { verifyAudit } from "../../store/audit/verify.ts"
import { parseInput } from "../http/input.ts"
import type { Route } from "../http/route.ts"

/** The audit log for programs. */
export const auditRoutes: readonly Route[] = [
	{
		method: "GET",
		path: "/api/audit",
		access: "admin",
		answer: "json",
		handle: async ({ ctx, req, res }) => {
			const entries = await searchAudit(ctx, parseInput(searchAuditInput, req.query))
			res.json({ entries, nextCursor: entries.at(-1)?.seq ?? null })
		},
	},
	{
		method: "GET",
		path: "/api/audit/verify",
		access: "admin",
		answer: "json",
		handle: async ({ ctx, res }) => void res.json(await verifyAudit(ctx)),
	},
	{
		method: "GET",
		path: "/api/audit/export",
		access: "admin",
		answer: "json",
		handle: async ({ ctx, res }) => {
			res.type("application/x-ndjson")
			for await (const row of allEntries(ctx)) {
				if (res.destroyed) return
				if (!res.write(exportLine(row)))
					await new Promise((resolve) => res.once("drain", resolve).once("close", resolve))
			}
			res.end()
		},
	},
]
