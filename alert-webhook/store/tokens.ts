import { randomBytes } from "node:crypto"
import { and, asc, eq, gt, isNull, or, sql } from "drizzle-orm"
import { z } from "zod"
import { accessTokens, consoleSessions } from "../../core/db/schema/index.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { cleanText } from "../../core/lib/plain-text.ts"
import type { Context } from "../context.ts"
import { type Person, ROLES } from "../domain/access/roles.ts"
import { sha256 } from "../domain/access/secrets.ts"
import { wholeNumber } from "../domain/input.ts"
import { appendAudit, type Who } from "./audit/append.ts"

export const createTokenInput = z.object({
	name: z
		.string()
		.trim()
		.min(1, "expected the person's name")
		.max(64)
		.transform(cleanText)
		.refine((name) => !isOurs(name), "this is the observatory's own name"),
	role: z.enum(ROLES),
	/** The days until it expires; never when absent. */
	days: wholeNumber(1, 3_650).optional(),
})

const columns = {
	id: accessTokens.id,
	name: accessTokens.name,
	role: accessTokens.role,
	createdBy: accessTokens.createdBy,
	createdAt: accessTokens.createdAt,
	expiresAt: accessTokens.expiresAt,
	revokedAt: accessTokens.revokedAt,
}

/** A token as it is stored: without the secret. */
export type Token = Pick<typeof accessTokens.$inferSelect, keyof typeof columns>

export interface GivenToken extends Token {
	readonly token: string
}

/** Creates a token. The secret is returned here only; the database has its digest. */
export async function createToken(
	ctx: Context,
	input: z.output<typeof createTokenInput> & { by: Who },
): Promise<GivenToken> {
	const { name, role, days, by } = input
	const token = `obs_${randomBytes(32).toString("base64url")}`
	const now = new Date(ctx.clock.now())
	const expiresAt = days === undefined ? null : new Date(now.getTime() + days * 86_400_000)
	return ctx.db.transaction(async (tx) => {
		const row = { name, role, tokenHash: sha256(token), createdBy: by.actor, createdAt: now, expiresAt }
		const [created] = await tx.insert(accessTokens).values(row).returning(columns)
		if (!created) throw new ObservatoryError("internal", "The token was not stored.")
		await appendAudit(tx, {
			by,
			action: "token.create",
			target: `token:${created.id}`,
			details: { name, role, expiresAt },
			at: now,
		})
		return { ...created, token }
	})
}

/** Revokes a token, and ends the sessions that it signed in. @throws ObservatoryError `not_found` */
export async function revokeToken(ctx: Context, { id, by }: { id: number; by: Who }): Promise<void> {
	const at = new Date(ctx.clock.now())
	await ctx.db.transaction(async (tx) => {
		const [row] = await tx
			.update(accessTokens)
			.set({ revokedAt: at })
			.where(and(eq(accessTokens.id, id), isNull(accessTokens.revokedAt)))
			.returning(columns)
		if (!row) throw new ObservatoryError("not_found", `There is no token ${id}, or it was revoked before.`)
		await tx.delete(consoleSessions).where(eq(consoleSessions.tokenId, id))
		await appendAudit(tx, { by, action: "token.revoke", target: `token:${id}`, details: { name: row.name }, at })
	})
}

export const listTokens = ({ db }: Pick<Context, "db">): Promise<Token[]> =>
	db.select(columns).from(accessTokens).orderBy(asc(accessTokens.id))

/** The person of a token, while it is valid. */
export async function findToken(ctx: Pick<Context, "db" | "clock">, token: string): Promise<Person | undefined> {
	const [row] = await ctx.db
		.select(columns)
		.from(accessTokens)
		.where(and(eq(accessTokens.tokenHash, sha256(token)), isGood(new Date(ctx.clock.now()))))
	return row && { actor: row.name, role: row.role, tokenId: row.id }
}

/** The condition under which a token is valid. */
export const isGood = (now: Date) =>
	and(isNull(accessTokens.revokedAt), or(isNull(accessTokens.expiresAt), gt(accessTokens.expiresAt, now)))

/**
 * Whether a person with the shared token may use a name: not the observatory's own name in the audit log, nor the name
 * of a personal token.
 */
export async function mayUseName({ db, clock }: Pick<Context, "db" | "clock">, name: string): Promise<boolean> {
	if (isOurs(name)) return false
	const sameName = sql`lower(${accessTokens.name}) = lower(${name})`
	return (await db.$count(accessTokens, and(sameName, isGood(new Date(clock.now()))))) === 0
}

const isOurs = (name: string) => /^(observatory|console token|signed link.*)$/i.test(name)
