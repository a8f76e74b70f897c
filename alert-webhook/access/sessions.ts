import { randomBytes } from "node:crypto"
import { and, eq, gt, lte } from "drizzle-orm"
import { consoleSessions } from "../../core/db/schema/index.ts"
import type { Context } from "../context.ts"
import type { Caller } from "./roles.ts"
import { sha256 } from "./secrets.ts"

/** How long a person stays signed in. */
export const SESSION_MS = 12 * 3_600_000

export const SESSION_COOKIE = "observatory_session"

/** Signs somebody in; returns the cookie's value. Sessions that are over are cleared away. */
export async function openSession(ctx: Context, { actor, role }: Caller): Promise<string> {
	const token = randomBytes(32).toString("base64url")
	const now = ctx.clock.now()
	await ctx.db.delete(consoleSessions).where(lte(consoleSessions.expiresAt, new Date(now)))
	await ctx.db.insert(consoleSessions).values({
		tokenHash: sha256(token),
		actor,
		role,
		createdAt: new Date(now),
		expiresAt: new Date(now + SESSION_MS),
	})
	return token
}

export async function findSession(ctx: Context, token: string): Promise<Caller | undefined> {
	const [session] = await ctx.db
		.select({ actor: consoleSessions.actor, role: consoleSessions.role })
		.from(consoleSessions)
		.where(and(eq(consoleSessions.tokenHash, sha256(token)), gt(consoleSessions.expiresAt, new Date(ctx.clock.now()))))
	return session
}

/** Signs out: the cookie's value is worth nothing from now on. */
export async function closeSession(ctx: Context, token: string): Promise<void> {
	await ctx.db.delete(consoleSessions).where(eq(consoleSessions.tokenHash, sha256(token)))
}

/** The value of one cookie of a `Cookie` header. */
export function cookie(header: string | undefined, name: string): string | undefined {
	for (const pair of (header ?? "").split(";")) {
		const [key, value] = pair.split("=", 2)
		if (key?.trim() === name) return value?.trim()
	}
	return undefined
}
