import { randomBytes } from "node:crypto"
import { parseCookie } from "cookie"
import { and, eq, gt, isNull, lte, or } from "drizzle-orm"
import { accessTokens, consoleSessions } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import type { Caller, Person } from "../../domain/access/roles.ts"
import { sessionHash } from "../../domain/access/secrets.ts"
import { appendAudit } from "../../store/audit/append.ts"
import { useSignInLink } from "../../store/sign-in-links.ts"
import { isGood } from "../../store/tokens.ts"

/** How long a person stays signed in. */
export const SESSION_MS = 12 * 3_600_000

export const SESSION_COOKIE = "observatory_session"

/** How a person came to sign in. */
export interface SignIn {
	/**
	 * The browser's Unix user, where it is known. Browsers send a cookie to every port of a host name, so that another
	 * listener of this host can read it: for other users of the host the cookie is worthless.
	 */
	readonly clientUid: number | undefined
	/** The link that the person came with; the sign-in uses it up. */
	readonly link: string | undefined
}

/**
 * Signs a person in; returns the cookie's value. Expired sessions are deleted.
 *
 * @throws ObservatoryError `unauthorized` when the link was used before
 */
export async function openSession(ctx: Context, by: Caller, { clientUid, link }: SignIn): Promise<string> {
	const { actor, role, tokenId } = by
	const token = randomBytes(32).toString("base64url")
	const now = ctx.clock.now()
	await ctx.db.transaction(async (tx) => {
		if (link !== undefined) await useSignInLink(ctx, tx, link)
		await tx.delete(consoleSessions).where(lte(consoleSessions.expiresAt, new Date(now)))
		const expiresAt = new Date(now + SESSION_MS)
		await tx.insert(consoleSessions).values({
			tokenHash: hashOf(ctx, token),
			actor,
			role,
			tokenId,
			clientUid: clientUid ?? null,
			createdAt: new Date(now),
			expiresAt,
		})
		const details = { role, token: tokenId ?? "console token", ...(link !== undefined && { link: true }) }
		await appendAudit(tx, { by, action: "console.sign_in", target: "console", details, at: new Date(now) })
	})
	return token
}

const hashOf = ({ settings }: Context, token: string) => sessionHash(settings.sessionKey, token)

/** The signed-in person of a cookie that comes from its own browser's user. A session ends with the token that opened it. */
export async function findSession(
	ctx: Context,
	token: string,
	clientUid: number | undefined,
): Promise<Person | undefined> {
	const now = new Date(ctx.clock.now())
	const [session] = await ctx.db
		.select({
			actor: consoleSessions.actor,
			role: consoleSessions.role,
			tokenId: consoleSessions.tokenId,
			clientUid: consoleSessions.clientUid,
		})
		.from(consoleSessions)
		.leftJoin(accessTokens, eq(accessTokens.id, consoleSessions.tokenId))
		.where(
			and(
				eq(consoleSessions.tokenHash, hashOf(ctx, token)),
				gt(consoleSessions.expiresAt, now),
				or(isNull(consoleSessions.tokenId), isGood(now)),
			),
		)
	if (session === undefined) return undefined
	const { clientUid: openedBy, ...person } = session
	if (openedBy === (clientUid ?? null)) return person
	ctx.log.warn({ actor: person.actor, openedBy, clientUid }, "a session's cookie from another user was refused")
	return undefined
}

/** Signs out: the cookie's value is no longer valid. */
export async function closeSession(ctx: Context, { token, by }: { token: string; by: Caller }): Promise<void> {
	const at = new Date(ctx.clock.now())
	await ctx.db.transaction(async (tx) => {
		await tx.delete(consoleSessions).where(eq(consoleSessions.tokenHash, hashOf(ctx, token)))
		await appendAudit(tx, { by, action: "console.sign_out", target: "console", at })
	})
}

/** The token of a signed-in browser, from its `Cookie` header. */
export const sessionToken = (header: string | undefined): string | undefined =>
	parseCookie(header ?? "")[SESSION_COOKIE]
