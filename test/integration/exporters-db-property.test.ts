import fc from "fast-check"
import type pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { type ContractDatabase, contractDatabase } from "../support/contract-databases.ts"
import { type TestExporter, testExporter } from "../support/exporter.ts"
import { clear, history, prepareRecount, recount, retire, type Step } from "../support/random-history.ts"

/** Two exporters on one system, and what the last look at each one's counters saw. */
class Exporters {
	readonly #own: string
	readonly #source: string
	readonly #exporters: TestExporter[]
	readonly #seen: ReadonlyMap<string, number>[] = [new Map(), new Map()]

	constructor(own: string, source: string) {
		this.#own = own
		this.#source = source
		this.#exporters = [this.#make(), this.#make()]
	}

	/** Small batches and no grace period make the unlikely happen; every statement of a history has ended by then. */
	#make = () => testExporter(this.#own, this.#source, { batch: 3, rereads: 1_000, graceMs: 0 })

	at(i: number): TestExporter {
		const exporter = this.#exporters[i]
		if (exporter === undefined) throw new RangeError(`no exporter ${i}`)
		return exporter
	}

	async collect(who: readonly number[]): Promise<void> {
		await Promise.all(who.map((i) => this.at(i).collect()))
		for (const i of who) {
			const samples = await this.at(i).samples()
			for (const [sample, before] of this.#seen[i] ?? [])
				if (isCounter(sample)) expect(samples.get(sample) ?? 0, `${sample} went down`).toBeGreaterThanOrEqual(before)
			this.#seen[i] = samples
		}
	}

	async restart(i: number): Promise<void> {
		await this.at(i).close()
		this.#exporters[i] = this.#make()
		this.#seen[i] = new Map()
	}

	async close(): Promise<void> {
		await Promise.all(this.#exporters.map((exporter) => exporter.close()))
	}
}

const isCounter = (sample: string) =>
	/^autonomous_\w+(_total|_count|_sum|_bucket)(\{|$)/.test(sample) && !sample.includes("database")

/** What holds for several databases together. */
function added(recounts: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
	const sums = new Map<string, number>()
	for (const recounted of recounts)
		for (const [sample, value] of recounted) sums.set(sample, (sums.get(sample) ?? 0) + value)
	return sums
}

describe.each([
	["one database, ours and the monitored one", 1],
	["our database and a monitored one beside it", 2],
])("counters made from the tables of %s", (_, howMany) => {
	let databases: ContractDatabase[]

	beforeAll(async () => {
		databases = []
		for (let i = 0; i < howMany; i++) {
			const database = await contractDatabase(inject("postgresUrl"))
			databases.push(database)
			await prepareRecount(database)
		}
	})
	afterAll(() => Promise.all(databases.map((database) => database.close())))

	async function live(steps: readonly Step[]): Promise<void> {
		for (const database of databases) await clear(database)
		const exporters = new Exporters(databases[0]?.url ?? "", databases.at(-1)?.url ?? "")
		/** Histories happen on four connections, in turns to one database and another. */
		const clients = await Promise.all(
			[0, 1, 2, 3].map((i) => (databases[i % howMany] as ContractDatabase).pool.connect()),
		)
		const inTransaction = [false, false, false, false]
		const run = async (step: Step): Promise<void> => {
			if (step.does === "collect")
				await Promise.all([exporters.collect(step.who), step.during ? run(step.during) : undefined])
			else if (step.does === "restart") await exporters.restart(step.who)
			else if (step.does === "retire") {
				await exporters.collect([0])
				await exporters.collect([0])
				for (const database of databases) await retire(database, step.table, step.where)
			} else {
				const client = clients[step.on] as pg.PoolClient
				if (step.does === "write") await client.query(step.sql)
				else if (inTransaction[step.on] === (step.does !== "begin")) {
					await client.query(step.does)
					inTransaction[step.on] = step.does === "begin"
				}
			}
		}
		try {
			for (const step of steps) await run(step)
			for (const client of clients) await client.query("commit")
			for (let i = 0; i < 3; i++) await exporters.collect([0, 1])
			const expected = added(await Promise.all(databases.map(recount)))
			for (const i of [0, 1]) {
				const samples = await exporters.at(i).samples()
				for (const [sample, value] of expected) expect(samples.get(sample) ?? 0, sample).toBeCloseTo(value, 6)
			}
		} finally {
			for (const client of clients) client.release(true)
			await exporters.close()
		}
	}

	it("equal a plain recount after any history of inserts, changes, late commits, rollbacks, retention, restarts and two exporters", async () => {
		await fc.assert(fc.asyncProperty(history, live), {
			numRuns: 25,
			interruptAfterTimeLimit: 60_000,
			markInterruptAsFailure: false,
		})
	})
})
