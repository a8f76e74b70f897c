import { drizzle } from "drizzle-orm/node-postgres"
import type pg from "pg"
import { sessionAgentCost, sessionAgentTokens } from "../../../core/catalogue/subjects/session-agents.ts"
import { TOKEN_TYPES } from "../../../core/catalogue/subjects/sessions.ts"
import { addTotals, folderThatKnows, readTotals, samplesOf, Tally } from "../../../core/metrics/durable.ts"
import type { OnFold } from "../../../core/metrics/labels.ts"
import type { Sample } from "../../../core/metrics/samples.ts"
import { costOfSession, type SessionCost, type SessionSpending } from "./cost.ts"
import { spendingOf } from "./cost-rows.ts"
import type { PriceTable } from "./prices.ts"

export const AGENT_SERIES = [sessionAgentTokens, sessionAgentCost]

/** The reader of the durable totals. */
const READER = "transcript_agents"
/** Sessions that are counted at once. */
const SESSIONS = 500
/** An agent that spent nothing for this long makes room for another one when there are too many. */
const PLACE_MS = 24 * 3_600_000

/** What an agent of a run has spent. `tokens` are in the order of `TOKEN_TYPES`. */
export interface AgentSpending {
	readonly run: string
	readonly agent: string
	readonly parent: string
	readonly tokens: readonly number[]
	readonly usd: number
}

const keyOf = ({ run, agent, parent }: Pick<AgentSpending, "run" | "agent" | "parent">) =>
	JSON.stringify([run, agent, parent])

/** Who spent what in a session. */
export function agentsOf({ spending }: SessionSpending, { shares }: SessionCost): AgentSpending[] {
	const agents = new Map<string, { tokens: number[]; usd: number } & Omit<AgentSpending, "tokens" | "usd">>()
	const at = (of: Pick<AgentSpending, "run" | "agent" | "parent">) => {
		const { run, agent, parent } = of
		const found = agents.get(keyOf(of)) ?? { run, agent, parent, tokens: TOKEN_TYPES.map(() => 0), usd: 0 }
		agents.set(keyOf(of), found)
		return found
	}
	for (const part of spending) {
		const { input, output, cacheRead, cacheCreation } = part.tokens
		const { tokens } = at(part)
		for (const [i, more] of [input, output, cacheRead, cacheCreation].entries()) tokens[i] = (tokens[i] ?? 0) + more
	}
	for (const share of shares) at(share).usd += share.usd
	return [...agents.values()]
}

/**
 * Counts what agents have spent since they were counted last, in the caller's transaction. It comes after all files were
 * read: until then an answer of the main conversation that a subagent's file repeats may look like the subagent's.
 */
export async function countAgents(
	client: pg.PoolClient,
	prices: PriceTable,
	{ now, onFold }: { readonly now: () => number; readonly onFold?: OnFold },
): Promise<void> {
	const { rows } = await client.query<{ session: string }>(
		"select distinct session from observatory.transcript_runs where uncounted limit $1",
		[SESSIONS],
	)
	if (rows.length === 0) return
	const sessions = rows.map(({ session }) => session)
	const spent = (await spendingOf(client, sessions)).flatMap((session) =>
		agentsOf(session, costOfSession(session, prices)),
	)
	const before = await countedAgents(client, [...new Set(spent.map(({ run }) => run))])
	const { tally, release } = await agentTally(client, now, onFold)
	const grown = spent.flatMap((agent) => {
		const counted = before.get(keyOf(agent))
		const tokens = agent.tokens.map((n, i) => Math.max(n, counted?.tokens[i] ?? 0))
		const usd = Math.max(agent.usd, counted?.usd ?? 0)
		const labels = { agent: agent.agent, parent: agent.parent }
		for (const [i, type] of TOKEN_TYPES.entries())
			tally.count(sessionAgentTokens, { type, ...labels }, (tokens[i] ?? 0) - (counted?.tokens[i] ?? 0))
		tally.count(sessionAgentCost, labels, usd - (counted?.usd ?? 0))
		return [{ ...agent, tokens, usd }]
	})
	await saveAgents(client, grown)
	await release()
	await addTotals(drizzle(client), READER, tally.totals)
	await client.query("update observatory.transcript_runs set uncounted = false where session = any($1)", [sessions])
}

/** The counters as they are kept. */
export const agentSamples = async (client: pg.PoolClient): Promise<Sample[]> =>
	samplesOf(AGENT_SERIES, await readTotals(drizzle(client), READER))

async function countedAgents(client: pg.PoolClient, runs: readonly string[]): Promise<Map<string, AgentSpending>> {
	const { rows } = await client.query<AgentSpending>(
		`select run, agent, parent, array[input_tokens::float8, output_tokens::float8, cache_read_tokens::float8,
			cache_creation_tokens::float8] as tokens, cost_usd as usd
		from observatory.transcript_agents where run = any($1)`,
		[runs],
	)
	return new Map(rows.map((row) => [keyOf(row), row]))
}

async function saveAgents(client: pg.PoolClient, agents: readonly AgentSpending[]): Promise<void> {
	const column = (of: (agent: AgentSpending) => unknown) => agents.map(of)
	await client.query(
		`insert into observatory.transcript_agents (run, agent, parent, input_tokens, output_tokens, cache_read_tokens,
			cache_creation_tokens, cost_usd)
		select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
			$8::float8[])
		on conflict (run, agent, parent) do update set input_tokens = excluded.input_tokens,
			output_tokens = excluded.output_tokens, cache_read_tokens = excluded.cache_read_tokens,
			cache_creation_tokens = excluded.cache_creation_tokens, cost_usd = excluded.cost_usd, updated_at = now()`,
		[
			column(({ run }) => run),
			column(({ agent }) => agent),
			column(({ parent }) => parent),
			...TOKEN_TYPES.map((_, i) => column(({ tokens }) => tokens[i])),
			column(({ usd }) => usd),
		],
	)
}

/** A tally in which agents have lasting places; `release` deletes the totals of those that lost theirs. */
async function agentTally(client: pg.PoolClient, now: () => number, onFold?: OnFold) {
	const evicted: (readonly [series: string, label: string, value: string])[] = []
	const folder = folderThatKnows(AGENT_SERIES, await readTotals(drizzle(client), READER), onFold, {
		now,
		placeMs: PLACE_MS,
		onEvict: (...place) => evicted.push(place),
	})
	const release = async () => {
		for (const [series, label, value] of evicted)
			await client.query(
				"delete from observatory.totals where reader = $1 and series = $2 and labels::jsonb ->> $3 = $4",
				[READER, series, label, value],
			)
	}
	return { tally: new Tally(folder), release }
}
