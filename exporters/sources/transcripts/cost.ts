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

/** Answers of one model in one run. */
export interface Spending {
	readonly run: string
	/** The model's name in the price table. */
	readonly model: string
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

export interface SessionCost {
	/** US dollars by run. */
	readonly usd: ReadonlyMap<string, number>
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
	const spend = (run: string, by: number) => usd.set(run, (usd.get(run) ?? 0) + by)
	const statements = new Map(session.statements.map((statement) => [statement.model, statement]))

	for (const { run, knownUsd, stated } of session.spending) if (stated) spend(run, knownUsd ?? 0)
	const models = new Set([...statements.keys(), ...session.spending.map(({ model }) => model)])
	for (const model of models) {
		const answers = session.spending.filter((one) => one.model === model && !one.stated)
		const statement = statements.get(model)
		const total = statement && totalOf(statement, answers, session, table)
		if (total !== undefined) {
			for (const [run, part] of divide(total, answers, session, table)) spend(run, part)
			continue
		}
		for (const { run, knownUsd, tokens } of answers) {
			if (knownUsd !== undefined) spend(run, knownUsd)
			else if (count(tokens) > 0) unpriced.set(model, (unpriced.get(model) ?? 0) + count(tokens))
		}
	}
	return { usd, unpriced }
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

/** Divides a cost among the runs: by list price where all of them have one, so that fast answers bear theirs. */
function divide(
	total: number,
	answers: readonly Spending[],
	{ runs }: SessionSpending,
	table: PriceTable,
): [string, number][] {
	const listed = answers.every(({ knownUsd }) => knownUsd !== undefined)
	const weights = answers.map(({ run, model, tokens, knownUsd }): [string, number] => [
		run,
		listed ? (knownUsd ?? 0) : costOf(tokens, priceOf(model, table) ?? RELATION),
	])
	const sum = weights.reduce((all, [, weight]) => all + weight, 0)
	const last = runs.at(-1)
	// Work that the transcript does not show, such as titles, is the latest run's.
	if (sum === 0) return last === undefined ? [] : [[last, total]]
	return weights.map(([run, weight]) => [run, (total * weight) / sum])
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
