import { messageOf } from "../../core/lib/errors.ts"
import { type Books, type Claim, imbalances, type ListedIncident, unexplained } from "./assess/balance.ts"
import { startable } from "./assess/schedule.ts"
import { readBooks } from "./read-books.ts"
import { type Outcome, runScenario, type Tools } from "./run-scenario.ts"
import type { Scenario } from "./scenario.ts"

/** What became of all drills of one stack. */
export interface StackOutcome {
	readonly outcomes: readonly Outcome[]
	/** Incidents that no drill explains. */
	readonly unexplained: readonly ListedIncident[]
	/** Ended by a person: what had not ended then is not in it, and nothing was counted. */
	readonly interrupted: boolean
	readonly imbalances: readonly string[]
	readonly counts: Pick<Books, "incidents"> & {
		readonly remediations: number
		readonly pages: number
		readonly jobs: number
	}
}

/** After the end of a drill an alert of it may still start, or start again: conditions look back up to 15 minutes. */
const AFTERWARDS_MS = 15 * 60_000
/** What the repair of the last drill leaves to be done. */
const SETTLED_WITHIN_MS = 4 * 60_000

/** Runs the drills in one stack, independent ones side by side, and balances the books at the end. */
export async function runScenarios(scenarios: readonly Scenario[], tools: Tools): Promise<StackOutcome> {
	const { world, say } = tools
	const first = (await world.webhook.incidentsAfter(0)).at(-1)?.id ?? 0
	const waiting = [...scenarios]
	const running = new Map<Scenario, Promise<Scenario>>()
	const outcomes: Outcome[] = []
	while (waiting.length > 0 || running.size > 0) {
		for (const next of startable(waiting, [...running.keys()])) {
			waiting.splice(waiting.indexOf(next), 1)
			const run = runScenario(next, tools).then((outcome) => {
				outcomes.push(outcome)
				return next
			})
			running.set(next, run)
		}
		try {
			running.delete(await Promise.race(running.values()))
		} catch (error) {
			if (!world.signal.aborted) throw error
			await Promise.allSettled(running.values())
			break
		}
		say(`${outcomes.length} of ${scenarios.length} done, ${running.size} running`)
	}
	const inOrder = scenarios.flatMap(({ name }) => outcomes.find((one) => one.name === name) ?? [])
	if (world.signal.aborted)
		return {
			outcomes: inOrder,
			interrupted: true,
			unexplained: [],
			imbalances: [],
			counts: { incidents: [], remediations: 0, pages: 0, jobs: 0 },
		}
	const claims = claimsOf(scenarios, outcomes)
	const lasting = new Set(
		scenarios.flatMap((one) =>
			one.kind === "fault" ? one.expects.filter(({ lasts }) => lasts).map(({ alert }) => alert) : [],
		),
	)
	const books = await settledBooks(tools, lasting)
	const incidents = books.incidents.filter(({ id }) => id > first)
	const [counts] = await world.own(
		`select (select count(*)::int from observatory.remediations) as remediations,
			(select count(*)::int from observatory.pages) as pages,
			(select count(*)::int from observatory_jobs._private_jobs) as jobs`,
	)
	return {
		outcomes: inOrder,
		interrupted: false,
		unexplained: unexplained(incidents, claims),
		imbalances: imbalances(books),
		counts: {
			incidents,
			remediations: Number(counts?.remediations),
			pages: Number(counts?.pages),
			jobs: Number(counts?.jobs),
		},
	}
}

function claimsOf(scenarios: readonly Scenario[], outcomes: readonly Outcome[]): Claim[] {
	return scenarios.flatMap((scenario) => {
		const outcome = outcomes.find(({ name }) => name === scenario.name)
		if (outcome === undefined) return []
		const expected = scenario.kind === "fault" ? scenario.expects.map(({ alert }) => alert) : []
		const alerts = new Set([...expected, ...(scenario.alongside ?? [])])
		return [{ alerts, from: outcome.startedAt - 60_000, to: outcome.endedAt + AFTERWARDS_MS }]
	})
}

/** The books, once they balance, or as they are after some minutes. */
async function settledBooks({ world, now, say }: Tools, lasting: ReadonlySet<string>): Promise<Books> {
	const until = now() + SETTLED_WITHIN_MS
	for (;;) {
		try {
			const books = await readBooks(world, lasting)
			if (imbalances(books).length === 0 || now() > until) return books
		} catch (error) {
			if (world.signal.aborted || now() > until) throw error
			say(`the books cannot be read yet: ${messageOf(error)}`)
		}
		await world.sleep(5_000)
	}
}
