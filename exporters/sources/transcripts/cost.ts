import { MAIN } from "../../../core/catalogue/subjects/session-agents.ts"
import { costOf, type PriceTable, priceOf, type Rates, type Tokens } from "./prices.ts"

/** What Claude Code says that one model of a session cost. */
export interface Statement {
	readonly session: string
	/** The model's name in the price table. */
	readonly model: string
	readonly tokens: Tokens
	readonly costUsd: number
	/** When the work that it covers started. */
	readonly startedAt: Date | undefined
}

/** Answers of one model and one agent in one run. */
export interface Spending {
	readonly run: string
	/** The model's name in the price table. */
	readonly model: string
	readonly agent: string
	readonly parent: string
	readonly tokens: Tokens
	/** Their cost by the lines themselves, or by the price table; undefined when neither is known. */
	readonly knownUsd: number | undefined
	/** `knownUsd` is what the lines themselves say. */
	readonly stated: boolean
}

export interface SessionSpending {
	/** All runs of the session, in order. */
	readonly runs: readonly string[]
	readonly startedAt: Date
	readonly spending: readonly Spending[]
	readonly statements: readonly Statement[]
	/** Its transcript also has answers that count for another session, or are too old to count. */
	readonly shared: boolean
}

/** A part of a session's cost. */
export interface Share {
	readonly run: string
	readonly agent: string
	readonly parent: string
	readonly usd: number
}

export interface SessionCost {
	/** US dollars by run. */
	readonly usd: ReadonlyMap<string, number>
	/** The same by agent, any number of them for one. */
	readonly shares: readonly Share[]
	/** Tokens by model whose cost is not known. */
	readonly unpriced: ReadonlyMap<string, number>
}

/** The usual relation of Claude's prices, to divide a cost that is known among answers that have no price. */
const RELATION: Rates = { input: 1, output: 5, cacheWrite5m: 1.25, cacheWrite1h: 2, cacheRead: 0.1 }

/** The work that a statement covers starts at most this long before the session, or it covers another session as well. */
const START_MS = 60_000

/**
 * What a session cost: by its lines themselves, else by Claude Code's statement, else by the price table.
 *
 * A statement covers what the program knew when it wrote it. Answers that came later, or from a parallel process, cost
 * as much in proportion. Where it covers other sessions as well, only the share of the answers counts.
 */
export function costOfSession(session: SessionSpending, table: PriceTable): SessionCost {
	const usd = new Map(session.runs.map((run) => [run, 0]))
	const unpriced = new Map<string, number>()
	const shares: Share[] = []
	const spend = ({ run, agent, parent }: Omit<Share, "usd">, by: number) => {
		usd.set(run, (usd.get(run) ?? 0) + by)
		shares.push({ run, agent, parent, usd: by })
	}
	const statements = new Map(session.statements.map((statement) => [statement.model, statement]))

	for (const spending of session.spending) if (spending.stated) spend(spending, spending.knownUsd ?? 0)
	const models = new Set([...statements.keys(), ...session.spending.map(({ model }) => model)])
	for (const model of models) {
		const answers = session.spending.filter((one) => one.model === model && !one.stated)
		const statement = statements.get(model)
		const total = statement && totalOf(statement, answers, session, table)
		if (total !== undefined) {
			for (const [whose, part] of divide(total, answers, session, table)) spend(whose, part)
			continue
		}
		for (const answer of answers) {
			const { knownUsd, tokens } = answer
			if (knownUsd !== undefined) spend(answer, knownUsd)
			else if (count(tokens) > 0) unpriced.set(model, (unpriced.get(model) ?? 0) + count(tokens))
		}
	}
	return { usd, shares, unpriced }
}

/** The cost of the answers by a statement; undefined when it says nothing about them. */
function totalOf(
	statement: Statement,
	answers: readonly Spending[],
	{ shared, startedAt }: SessionSpending,
	table: PriceTable,
): number | undefined {
	const rates = priceOf(statement.model, table) ?? RELATION
	const covered = costOf(statement.tokens, rates)
	if (covered === 0 || statement.costUsd === 0) return undefined
	const counted = answers.reduce((sum, { tokens }) => sum + costOf(tokens, rates), 0)
	const wider = shared || (statement.startedAt !== undefined && +statement.startedAt < +startedAt - START_MS)
	if (!wider && !isMore(counted, covered)) return statement.costUsd
	const searches = answers.reduce((sum, { tokens }) => sum + tokens.webSearches, 0)
	const forTokens = Math.max(0, statement.costUsd - statement.tokens.webSearches * table.webSearch)
	return (forTokens * counted) / covered + searches * table.webSearch
}

/** Divides a cost among the answers: by list price where all of them have one, so that fast answers bear theirs. */
function divide(
	total: number,
	answers: readonly Spending[],
	{ runs }: SessionSpending,
	table: PriceTable,
): [Omit<Share, "usd">, number][] {
	const listed = answers.every(({ knownUsd }) => knownUsd !== undefined)
	const weights = answers.map((answer): [Spending, number] => [
		answer,
		listed ? (answer.knownUsd ?? 0) : costOf(answer.tokens, priceOf(answer.model, table) ?? RELATION),
	])
	const sum = weights.reduce((all, [, weight]) => all + weight, 0)
	const last = runs.at(-1)
	// Work that the transcript does not show, such as titles, is the main conversation's of the latest run.
	if (sum === 0) return last === undefined ? [] : [[{ run: last, ...MAIN }, total]]
	return weights.map(([answer, weight]) => [answer, (total * weight) / sum])
}

/** More, beyond rounding. */
const isMore = (a: number, b: number): boolean => a > b * (1 + 1e-9)

/** All tokens. */
export const count = ({ input, output, cacheRead, cacheCreation }: Tokens): number =>
	input + output + cacheRead + cacheCreation

export const addTokens = (a: Tokens, b: Tokens): Tokens => ({
	input: a.input + b.input,
	output: a.output + b.output,
	cacheRead: a.cacheRead + b.cacheRead,
	cacheCreation: a.cacheCreation + b.cacheCreation,
	cacheWrite5m: a.cacheWrite5m + b.cacheWrite5m,
	cacheWrite1h: a.cacheWrite1h + b.cacheWrite1h,
	webSearches: a.webSearches + b.webSearches,
})
