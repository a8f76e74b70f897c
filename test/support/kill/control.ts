import { setTimeout as sleep } from "node:timers/promises"
import type pg from "pg"
import { asker } from "./ask.ts"
import type { Outside } from "./outside.ts"
import type { Scene } from "./scene.ts"

/** What a person may do next about autonomous sessions. */
const NEXT = { run: ["pause", "stop"], pause: ["resume", "stop"], stop: ["release"] } as const
type State = keyof typeof NEXT

/** A person who pauses, stops and resumes autonomous sessions, while new ones begin all the time. */
export async function controlSessions({ pool, urls, random }: Scene, enough: () => boolean): Promise<void> {
	// 409: a request whose answer got lost had done it.
	const ask = asker(urls, random, [200, 409])
	for (let started = 0; !enough(); started++) {
		await sleep(random() * 1_000)
		const session = "insert into observatory.claude_sessions (id, source, status) values ($1, 'kill', 'running')"
		await pool.query(session, [`session-${started}`])
		const { rows } = await pool.query<{ state: State }>("select state from observatory.control")
		const verbs = NEXT[rows[0]?.state ?? "run"]
		await ask(`/api/control/${verbs[Math.floor(random() * verbs.length)]}`, { reason: "drill" })
	}
}

/** The limits before and after every stop. */
export const LIMIT = "50000"
export const OWN_LIMIT = { tokens: 5 }

/** The sessions that must not exist in a state. */
const WRONG: Readonly<Record<State, readonly string[]>> = {
	run: ["paused"],
	pause: ["initializing", "running"],
	stop: ["initializing", "running", "paused"],
}

/** What does not follow the state, or is reported as pending. */
export async function unfinishedControl(
	pool: pg.Pool,
	{ workflow, spendLimits, ownLimit }: Pick<Outside, "workflow" | "spendLimits" | "ownLimit">,
): Promise<string[]> {
	const { rows } = await pool.query(`
		select state, revision = workflow_revision as sent, workflow_disabled as disabled, jsonb_array_length(paused_sessions) as paused,
			pending->'sessions' || (pending->'workflow') || (pending->'brakes') as pending from observatory.control`)
	const { state, sent, disabled, paused, pending } = rows[0]
	const stopped = state === "stop"
	const wrong = await pool.query<{ id: string; status: string }>(
		"select id, status from observatory.claude_sessions where status = any($1)",
		[WRONG[state as State]],
	)
	const found = [
		...wrong.rows.map(({ id, status }) => `${id} is ${status}`),
		...(pending as string[]).map((line) => `reported as pending: ${line}`),
	]
	if (state !== "pause" && paused > 0) found.push(`${paused} sessions wait for the end of a pause`)
	if (!sent || disabled !== stopped || (workflow.state === "active") === stopped)
		found.push(`the workflow is ${workflow.state}, and ours to enable: ${disabled}`)
	const amounts = spendLimits.limits.map(({ amount }) => amount).join()
	if (amounts !== (stopped ? "0" : LIMIT)) found.push(`the spend limit is ${amounts}`)
	const own = JSON.stringify(ownLimit())
	if (own !== (stopped ? "0" : JSON.stringify(OWN_LIMIT))) found.push(`the limit of the own endpoint is ${own}`)
	return found.map((one) => `though the state is ${state}: ${one}`)
}
