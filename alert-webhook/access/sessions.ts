import { randomBytes } from "node:crypto"
import { and, eq, gt, lte } from "drizzle-orm"
import { consoleSessions } from "../../core/db/schema/index.ts"
import { appendAudit } from "../audit/append.ts"
import type { Context } from "../context.ts"
import type { Caller, Person } from "./roles.ts"
import { sha256 } from "./secrets.ts"

/** How long a person stays signed in. */
export const SESSION_MS = 12 * 3_600_000

export const SESSION_COOKIE = "observatory_session"

/** Signs somebody in; returns the cookie's value. Sessions that are over are cleared away. */
export async function openSession(ctx: Context, by: Caller): Promise<string> {
	const { actor, role, tokenId } = by
	const token = randomBytes(32).toString("base64url")
	const now = ctx.clock.now()
	await ctx.db.transaction(async (tx) => {
		await tx.delete(consoleSessions).where(lte(consoleSessions.expiresAt, new Date(now)))
		const expiresAt = new Date(now + SESSION_MS)
		await tx
			.insert(consoleSessions)
			.values({ tokenHash: sha256(token), actor, role, tokenId, createdAt: new Date(now), expiresAt })
		await appendAudit(tx, { by, action: "console.sign_in", target: "console", details: { role }, at: new Date(now) })
	})
	return token
}

export async function findSession(ctx: Context, token: string): Promise<Person | undefined> {
	const [session] = await ctx.db
		.select({ actor: consoleSessions.actor, role: consoleSessions.role, tokenId: consoleSessions.tokenId })
		.from(consoleSessions)
		.where(and(eq(consoleSessions.tokenHash, sha256(token)), gt(consoleSessions.expiresAt, new Date(ctx.clock.now()))))
	return session
}

/** Signs out: the cookie's value is worth nothing from now on. */
export async function closeSession(ctx: Context, { token, by }: { token: string; by: Caller }): Promise<void> {
	const at = new Date(ctx.clock.now())
	await ctx.db.transaction(async (tx) => {
		await tx.delete(consoleSessions).where(eq(consoleSessions.tokenHash, sha256(token)))
		await appendAudit(tx, { by, action: "console.sign_out", target: "console", at })
	})
}

/** The value of one cookie of a `Cookie` header. */
export function cookie(header: string | undefined, name: string): string | undefined {
	for (const pair of (header ?? "").split(";")) {
		const [key, value] = pair.split("=", 2)
		if (key?.trim() === name) return value?.trim()
	}
	return undefined
}
