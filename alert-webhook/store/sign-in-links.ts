import { randomBytes } from "node:crypto"
import { and, eq, gt, isNull, lte, or } from "drizzle-orm"
import { accessTokens, signInLinks } from "../../core/db/schema/index.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Context, Transaction } from "../context.ts"
import type { Caller, Person } from "../domain/access/roles.ts"
import { sessionHash } from "../domain/access/secrets.ts"
import { appendAudit } from "./audit/append.ts"
import { isGood } from "./tokens.ts"

/** How long a link can be used. */
const LINK_MS = 15 * 60_000

/** A link with its secret, which is returned here only. */
export interface SignInLink {
	readonly url: string
	readonly expiresAt: Date
}

/**
 * Creates a link that signs the caller in once. With the configured token, which has no name, `name` is the suggestion
 * of the link's page. Links that expired more than a day ago are deleted.
 */
export async function createSignInLink(
	ctx: Context,
	{ by, name }: { readonly by: Caller; readonly name: string },
): Promise<SignInLink> {
	// 144 bits; short, so that a terminal of 80 columns shows the whole link.
	const secret = randomBytes(18).toString("base64url")
	const now = ctx.clock.now()
	const createdAt = new Date(now)
	const expiresAt = new Date(now + LINK_MS)
	const { role, tokenId } = by
	const actor = tokenId === null ? name : by.actor
	await ctx.db.transaction(async (tx) => {
		await tx.delete(signInLinks).where(lte(signInLinks.expiresAt, new Date(now - 86_400_000)))
		await tx.insert(signInLinks).values({ tokenHash: hashOf(ctx, secret), actor, role, tokenId, createdAt, expiresAt })
		const details = { role, expiresAt }
		await appendAudit(tx, { by, action: "console.create_link", target: "console", details, at: createdAt })
	})
	return { url: `${ctx.settings.consoleUrl}/sign-in?link=${secret}`, expiresAt }
}

/** The key is the session key, so that a new CONSOLE_TOKEN also ends the links. */
const hashOf = ({ settings }: Context, secret: string) => sessionHash(settings.sessionKey, `link ${secret}`)

/** The person whom a link signs in; changes nothing. @throws ObservatoryError `unauthorized` with the reason */
export async function findSignInLink(ctx: Context, secret: string): Promise<Person> {
	const now = new Date(ctx.clock.now())
	const [link] = await ctx.db
		.select({
			actor: signInLinks.actor,
			role: signInLinks.role,
			tokenId: signInLinks.tokenId,
			expiresAt: signInLinks.expiresAt,
			usedAt: signInLinks.usedAt,
		})
		.from(signInLinks)
		.leftJoin(accessTokens, eq(accessTokens.id, signInLinks.tokenId))
		.where(and(eq(signInLinks.tokenHash, hashOf(ctx, secret)), or(isNull(signInLinks.tokenId), isGood(now))))
	if (!link) throw unusable("is not known")
	if (link.usedAt) throw unusable("was used before")
	if (link.expiresAt <= now) throw unusable("has expired")
	const { actor, role, tokenId } = link
	return { actor, role, tokenId }
}

/** Marks a link as used, in the transaction of the sign-in. @throws ObservatoryError `unauthorized` when it was used or has expired */
export async function useSignInLink(ctx: Context, tx: Transaction, secret: string): Promise<void> {
	const now = new Date(ctx.clock.now())
	const used = await tx
		.update(signInLinks)
		.set({ usedAt: now })
		.where(
			and(eq(signInLinks.tokenHash, hashOf(ctx, secret)), isNull(signInLinks.usedAt), gt(signInLinks.expiresAt, now)),
		)
		.returning({ tokenHash: signInLinks.tokenHash })
	if (used.length === 0) throw unusable("was used before")
}

const unusable = (why: string) =>
	new ObservatoryError("unauthorized", `This link ${why}.`, {
		advice: "Create another with npm start -- link, or sign in with a token.",
	})
