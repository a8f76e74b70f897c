import { randomBytes } from "node:crypto"
import { and, asc, eq, gt, isNull, or, sql } from "drizzle-orm"
import { z } from "zod"
import { accessTokens, consoleSessions } from "../../core/db/schema/index.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Context } from "../context.ts"
import { personName, skeletonOf } from "../domain/access/names.ts"
import { type Person, ROLES } from "../domain/access/roles.ts"
import { sha256 } from "../domain/access/secrets.ts"
import { wholeNumber } from "../domain/input.ts"
import { appendAudit, type Who } from "./audit/append.ts"

export const createTokenInput = z.object({
	name: personName.refine((name) => !isOurs(name), "this is the observatory's own name"),
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

/**
 * Creates a token. The secret is returned here only; the database has its digest.
 *
 * @throws ObservatoryError `conflict` when a valid token has this name, or one that looks like it
 */
export async function createToken(
	ctx: Context,
	input: z.output<typeof createTokenInput> & { by: Who },
): Promise<GivenToken> {
	const { name, role, days, by } = input
	const token = `obs_${randomBytes(32).toString("base64url")}`
	const now = new Date(ctx.clock.now())
	const expiresAt = days === undefined ? null : new Date(now.getTime() + days * 86_400_000)
	return ctx.db.transaction(async (tx) => {
		// Two administrators at once must not create two tokens of one name.
		await tx.execute(sql`lock table ${accessTokens} in share row exclusive mode`)
		const other = await sameName(tx, name, now)
		if (other)
			throw new ObservatoryError("conflict", `The token ${other.id} is valid and has the name ${other.name}.`, {
				advice: "Revoke it first, or enter a name that differs in more than case and letters that look alike.",
			})
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
	return (await sameName(db, name, new Date(clock.now()))) === undefined
}

/** The valid token whose name is this one, or looks like it. */
async function sameName(db: Pick<Context["db"], "select">, name: string, now: Date) {
	const valid = await db.select({ id: accessTokens.id, name: accessTokens.name }).from(accessTokens).where(isGood(now))
	return valid.find((other) => skeletonOf(other.name) === skeletonOf(name))
}

const OURS = ["observatory", "console token", "prometheus", "alertmanager"].map(skeletonOf)
const OUR_LINK = skeletonOf("signed link")

function isOurs(name: string): boolean {
	const skeleton = skeletonOf(name)
	return OURS.includes(skeleton) || skeleton.startsWith(OUR_LINK)
}
