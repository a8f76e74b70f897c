import { createHash, randomBytes } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import type pg from "pg"
import { type Approvals, approvalsSchema } from "../../../alert-webhook/domain/approvals.ts"
import { type Proven, prove, proven } from "../../../alert-webhook/domain/challenge.ts"
import { PROBE } from "../../../alert-webhook/workflows/gate/probe.ts"
import { asker } from "./ask.ts"
import type { Scene } from "./scene.ts"

export const GATE_TOKEN = "token-of-the-gates"
/** How long a call waits for a person. */
export const CALL_WAITS_S = 10
const HOST = "agents"

/** What agents asked for and did, and what people answered. */
export class Calls {
	/** The whole call of each hash. */
	readonly asked = new Map<string, string>()
	/** How often an agent ran a call. */
	readonly ran = new Map<string, number>()
	/** The answers of people that were accepted. */
	readonly answered = new Map<string, string[]>()
	/** The webhook's latest challenge, as the gate's file has it. */
	challenge = ""
}

/** An agent on another host whose calls need a person: each runs once, when its own approval has arrived. */
export async function makeCalls({ urls, random, calls }: Scene, enough: () => boolean): Promise<void> {
	for (let number = 0; !enough(); number++) {
		await sleep(random() * 1_000)
		const nonce = randomBytes(16).toString("hex")
		const input = { command: `deploy ${number}` }
		const body = JSON.stringify({ rule: "deploys", session: "s", cwd: "/", tool: "Bash", input, nonce })
		const hash = createHash("sha256").update(body).digest("hex")
		calls.asked.set(hash, body)
		for (const until = Date.now() + CALL_WAITS_S * 1_000; Date.now() < until && !enough(); await sleep(200)) {
			const url = urls[Math.floor(random() * urls.length)] ?? ""
			const decision = (await report(url, calls, body))?.decisions.find((one) => one.hash === hash)?.decision
			if (decision === "approved") calls.ran.set(hash, (calls.ran.get(hash) ?? 0) + 1)
			if (decision !== undefined) break
		}
	}
}

/** Reports as `gate follow` does, with an answer to the latest challenge; undefined when no replica answered. */
async function report(url: string, calls: Calls, body: string): Promise<Approvals | undefined> {
	const nonce = randomBytes(16).toString("hex")
	const { challenge } = calls
	const answers = challenge === "" ? [] : [{ id: PROBE, challenge }]
	const message = prove(GATE_TOKEN, "gate report", {
		host: HOST,
		challenge,
		problem: null,
		answers,
		calls: [body],
		nonce,
	})
	try {
		const response = await fetch(`${url}/api/gate/report`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify(message),
			signal: AbortSignal.timeout(10_000),
		})
		if (!response.ok) return undefined
		const said = proven(GATE_TOKEN, `gate control ${nonce}`, (await response.json()) as Proven)
		const { challenge: next, approvals } = said as { challenge: string; approvals?: unknown }
		calls.challenge = next
		return approvalsSchema.optional().parse(approvals)
	} catch {
		return undefined
	}
}

/** A person who approves most calls and refuses the rest; two of them may answer the same one at the same time. */
export async function answerCalls({ pool, urls, random, calls }: Scene, enough: () => boolean): Promise<void> {
	// 409: it was answered first, or has expired.
	const ask = asker(urls, random, [200, 409])
	while (!enough()) {
		await sleep(random() * 600)
		const { rows } = await pool.query<{ hash: string }>(
			"select hash from observatory.tool_calls where state = 'waiting' order by asked_at limit 1",
		)
		if (!rows[0]) continue
		const { hash } = rows[0]
		const verb = random() < 0.7 ? "approve" : "refuse"
		if ((await ask(`/api/calls/${hash}/${verb}`)) === 200)
			calls.answered.set(hash, [...(calls.answered.get(hash) ?? []), verb])
	}
}

/** Calls that were approved twice, for another call or by no one, and those that still wait. */
export async function wrongCalls(pool: pg.Pool, { asked, ran, answered, challenge }: Calls): Promise<string[]> {
	const { rows } = await pool.query<{ hash: string; body: string; state: string }>(
		"select hash, body, state from observatory.tool_calls",
	)
	const byHash = new Map(rows.map((row) => [row.hash, row]))
	const found = rows.flatMap(({ hash, body, state }) => [
		...(asked.get(hash) === body ? [] : [`shown is another call than was asked for: ${hash}`]),
		...(state === "waiting" ? [`still waits: call ${hash}`] : []),
	])
	for (const [hash, times] of ran) {
		if (times > 1) found.push(`ran ${times} times: call ${hash}`)
		if (byHash.get(hash)?.state !== "approved") found.push(`ran without an approval: call ${hash}`)
	}
	for (const [hash, verbs] of answered) {
		const state = verbs[0] === "approve" ? "approved" : "refused"
		if (verbs.length > 1) found.push(`answered ${verbs.length} times: call ${hash}`)
		if (byHash.get(hash)?.state !== state) found.push(`answered with ${verbs[0]}, and not ${state}: call ${hash}`)
	}
	const hosts = await pool.query("select from observatory.gate_answers where id = $1 and answered_at is not null", [
		HOST,
	])
	if (challenge !== "" && hosts.rows.length === 0) found.push(`the answer of ${HOST} to the challenge is lost`)
	return found
}
