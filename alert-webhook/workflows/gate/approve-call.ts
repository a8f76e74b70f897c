import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"
import { sha256 } from "../../domain/access/secrets.ts"
import { type Approvals, type ToolCall, toolCallSchema } from "../../domain/approvals.ts"
import { signCallLink } from "../../domain/signed-link.ts"
import { appendAudit, SYSTEM, type Who } from "../../store/audit/append.ts"
import { endPages } from "../../store/pages/end.ts"
import { openPage } from "../../store/pages/open.ts"
import {
	decideCall,
	decisionsFor,
	expireWaiting,
	findCall,
	insertCall,
	type WaitingCall,
} from "../../store/tool-calls.ts"
import { prepareCalls, readCalls } from "./calls.ts"

const pageKey = (hash: string): string => `call_approval ${hash}`

/** The rules and the decisions that a host's hook needs; undefined when no call needs a person. */
export async function approvalsFor(ctx: Context, host: string): Promise<Approvals | undefined> {
	const { approvalRules } = ctx.settings
	return approvalRules && { ...approvalRules, decisions: await decisionsFor(ctx, host) }
}

/** Asks people about the calls that wait on the webhook's own host, each once. */
export function askOnThisHost(ctx: Context): () => Promise<void> {
	const { gateFlag, gateHost: host } = ctx.settings
	let known = new Set<string>()
	return async () => {
		prepareCalls(gateFlag)
		const calls = await readCalls(gateFlag, known)
		await askForCalls(ctx, { host, bodies: [...calls.values()] })
		known = new Set([...known, ...calls.keys()].slice(-1_000))
	}
}

/** Asks people about calls that wait on a host. The hash is computed here: a host cannot show one call for another. */
export async function askForCalls(ctx: Context, { host, bodies }: { host: string; bodies: readonly string[] }) {
	const { approvalRules, consoleUrl, linkKey, criticalChannels } = ctx.settings
	if (approvalRules === undefined) return
	for (const body of bodies) {
		const call = parseCall(body)
		// Nothing that our hook wrote: it waits for nothing.
		if (call === undefined) continue
		const hash = sha256(body)
		const now = new Date(ctx.clock.now())
		const expiresAt = new Date(now.getTime() + approvalRules.waitS * 1000)
		await ctx.db.transaction(async (tx) => {
			if (!(await insertCall(tx, { hash, host, body, askedAt: now, expiresAt }))) return
			const link = signCallLink(linkKey, { hash, expiresAt: expiresAt.getTime() })
			await openPage(tx, ctx.settings, {
				key: pageKey(hash),
				name: "call_approval",
				kind: "call_approval",
				incidentId: undefined,
				severity: "critical",
				channels: criticalChannels,
				summary: `Approve one call of ${call.tool} on ${host}?`,
				description: `The rule “${call.rule}” lets it wait until ${expiresAt.toISOString()}; without an approval it is denied. The whole call: ${consoleUrl}/calls/${hash}/${link}`,
				path: `/calls/${hash}/${link}`,
				now,
			})
			await audit(tx, "call.ask", { hash, host, body }, SYSTEM, now)
			ctx.reached("call.recorded")
		})
	}
}

/**
 * A person approves or refuses one call.
 *
 * @throws ObservatoryError `not_found`, or `conflict` when it was decided before or has expired
 */
export async function answerCall(
	ctx: Context,
	{ hash, decision, by }: { readonly hash: string; readonly decision: "approved" | "refused"; readonly by: Who },
): Promise<WaitingCall> {
	const now = new Date(ctx.clock.now())
	return ctx.db.transaction(async (tx) => {
		const row = await decideCall(tx, { hash, state: decision, by: by.actor, now })
		if (row === undefined) throw await whyNotWaiting(ctx, hash)
		await endPages(tx, { key: pageKey(hash), outcome: `${by.actor} ${decision} the call.`, now })
		await audit(tx, decision === "approved" ? "call.approve" : "call.refuse", row, by, now)
		ctx.reached("call.recorded")
		return row
	})
}

/** Ends the requests for calls that were not decided about in time; their hooks have denied them. */
export async function expireCalls(ctx: Context): Promise<void> {
	const now = new Date(ctx.clock.now())
	await ctx.db.transaction(async (tx) => {
		for (const row of await expireWaiting(tx, now)) {
			await endPages(tx, { key: pageKey(row.hash), outcome: "No one decided in time; the call was denied.", now })
			await audit(tx, "call.expire", row, SYSTEM, now)
		}
	})
}

async function whyNotWaiting(ctx: Context, hash: string): Promise<ObservatoryError> {
	const row = await findCall(ctx, hash)
	if (row === undefined) return new ObservatoryError("not_found", "No such call waits.")
	const why =
		row.decidedBy === null ? "This call has expired, and was denied" : `${row.decidedBy} ${row.state} this call`
	return new ObservatoryError("conflict", `${why}. Nothing changed.`)
}

function parseCall(body: string): ToolCall | undefined {
	try {
		return toolCallSchema.parse(JSON.parse(body))
	} catch {
		return undefined
	}
}

type Asked = Pick<WaitingCall, "hash" | "host" | "body">
const audit = (tx: Parameters<typeof appendAudit>[0], action: string, { hash, host, body }: Asked, by: Who, at: Date) =>
	appendAudit(tx, { by, action, target: `call:${hash}`, details: { host, call: body }, at })
