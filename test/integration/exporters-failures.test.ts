import { execFileSync } from "node:child_process"
import { closeSync, mkdirSync, openSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { contractDatabase } from "../support/contract-databases.ts"
import { testExporter } from "../support/exporter.ts"
import { GRANT_MONITORED, GRANT_OWN, type Sources, startSources } from "../support/failing-sources.ts"
import type { Gateway } from "../support/gateway.ts"
import { eventually } from "../support/process.ts"

/** The views that metrics are made from, each with a collector of that name. */
const CONTRACT = [
	"sessions",
	"mcp_calls",
	"insights",
	"recommendations",
	"improvements",
	"violations",
	"reviews",
	"rollbacks",
	"events",
	"outcomes",
]
const TOTALS = [...CONTRACT, "github", "transcript_agents"]

/** A way in which a source fails: how it comes and goes, and which collectors it takes away. */
interface Failure {
	readonly fails: readonly string[]
	/** Our own totals cannot be read either, which stay in sight otherwise. */
	readonly withoutTotals?: true
	/** What the health check says of the monitored database meanwhile; healthy when not given. */
	readonly database?: "degraded" | "unhealthy"
	begin(sources: Sources): Promise<unknown> | unknown
	end(sources: Sources): Promise<unknown> | unknown
}

const through = (
	gate: keyof Sources["gates"],
	mode: Gateway["mode"],
	fails: readonly string[],
	database?: Failure["database"],
): Failure => ({
	fails,
	...(database ? { database } : {}),
	async begin({ gates }) {
		gates[gate].become(mode)
		// The pools drop the connections that were cut, so that the next ones meet the gate.
		await sleep(50)
	},
	end: ({ gates }) => gates[gate].become("pass"),
})
const statements = (
	where: "own" | "monitored",
	begin: string,
	end: string,
	fails: readonly string[],
	database?: Failure["database"],
): Failure => ({
	fails,
	...(database ? { database } : {}),
	begin: (sources) => sources[where].run(begin.replaceAll("ROLE", sources.roles[where])),
	end: (sources) => sources[where].run(end.replaceAll("ROLE", sources.roles[where])),
})
/** A table that another session locks without end: the connection is well, the query waits. */
function locked(where: "own" | "monitored", table: string, fails: readonly string[]): Failure {
	let client: pg.PoolClient | undefined
	return {
		fails,
		async begin(sources) {
			client = await sources[where].pool.connect()
			await client.query(`begin; lock table ${table} in access exclusive mode`)
		},
		async end() {
			await client?.query("rollback")
			client?.release()
		},
	}
}
const github = (broken: Sources["github"]["broken"]): Failure => ({
	fails: ["github"],
	begin: (sources) => {
		sources.github.broken = broken
	},
	end: (sources) => {
		sources.github.broken = undefined
	},
})
/** Something else in the place of a file or folder. */
function instead(of: string, put: (place: string) => void, fails: readonly string[]): Failure {
	return {
		fails,
		begin({ folder }) {
			renameSync(path.join(folder, of), path.join(folder, "aside"))
			put(path.join(folder, of))
		},
		end({ folder }) {
			rmSync(path.join(folder, of), { recursive: true })
			renameSync(path.join(folder, "aside"), path.join(folder, of))
		},
	}
}
/** Reading a pipe without a writer never ends; opening it for writing releases the readers. */
const pipe: Failure = {
	...instead("worker.pid", (place) => void execFileSync("mkfifo", [place]), ["workers"]),
	end(sources) {
		closeSync(openSync(path.join(sources.folder, "worker.pid"), "r+"))
		return instead("worker.pid", () => undefined, []).end(sources)
	},
}
const everyWay = (gate: keyof Sources["gates"], fails: readonly string[], database?: Failure["database"]) =>
	(["refuse", "hang", "slow", "garbage"] as const).map(
		(mode) => [`${gate} (${mode})`, through(gate, mode, fails, database)] as const,
	)

const noTotals = ([name, failure]: readonly [string, Failure]): readonly [string, Failure] => [
	name,
	{ ...failure, withoutTotals: true },
]

const FAILURES: readonly (readonly [string, Failure])[] = [
	...everyWay("monitored", ["database", ...CONTRACT], "unhealthy"),
	[
		"monitored (the role may not log in)",
		{
			...statements("monitored", "alter role ROLE nologin", "alter role ROLE login", ["database", ...CONTRACT]),
			database: "unhealthy",
			async begin({ monitored, gates, roles }) {
				await monitored.run(`alter role ${roles.monitored} nologin`)
				gates.monitored.become("pass")
				await sleep(50)
			},
		},
	],
	[
		"monitored (the role may not read the views)",
		statements(
			"monitored",
			"revoke select on all tables in schema contract from ROLE",
			GRANT_MONITORED("ROLE"),
			CONTRACT,
		),
	],
	[
		"monitored (the views are missing)",
		statements(
			"monitored",
			"alter schema contract rename to elsewhere",
			"alter schema elsewhere rename to contract",
			CONTRACT,
		),
	],
	...CONTRACT.map((view): readonly [string, Failure] => [
		`monitored (the view ${view} lacks a column)`,
		statements(
			"monitored",
			`alter view contract.${view} rename column seq to number`,
			`alter view contract.${view} rename column number to seq`,
			[view],
		),
	]),
	["monitored (a table is locked)", locked("monitored", "observatory.events", ["events"])],
	...everyWay("own", [...TOTALS, "transcripts"]).map(noTotals),
	noTotals([
		"own (the role may not write)",
		statements("own", "revoke all on all tables in schema observatory from ROLE", GRANT_OWN("ROLE"), [
			...TOTALS,
			"transcripts",
		]),
	]),
	noTotals([
		"own (a column is missing)",
		statements(
			"own",
			"alter table observatory.totals rename column value to amount",
			"alter table observatory.totals rename column amount to value",
			TOTALS,
		),
	]),
	[
		"own (the views over our tables are missing)",
		statements(
			"own",
			"alter schema contract rename to elsewhere",
			"alter schema elsewhere rename to contract",
			CONTRACT,
		),
	],
	["own (a table of the transcripts is locked)", locked("own", "observatory.transcript_files", ["transcripts"])],
	noTotals(["own (totals are locked)", locked("own", "observatory.totals", TOTALS)]),
	...everyWay("github", ["github"]),
	["github (the token is refused)", github({ status: 401 })],
	["github (the token may not)", github({ status: 403 })],
	["github (the repository is unknown)", github({ status: 404 })],
	["github (a server error)", github({ status: 502 })],
	["github (JSON of another shape)", github({ status: 200 })],
	["github (a web page)", github({ status: 200, headers: { "content-type": "text/html" } })],
	[
		"transcripts (a file in the place of the folder)",
		instead("projects", (place) => writeFileSync(place, ""), ["transcripts"]),
	],
	[
		"transcripts (a file that cannot be read, which stops no other)",
		instead(
			"projects",
			(place) => {
				mkdirSync(place)
				symlinkSync("round.jsonl", path.join(place, "round.jsonl"))
			},
			[],
		),
	],
	["workers (a folder in the place of the pid file)", instead("worker.pid", (place) => mkdirSync(place), ["workers"])],
	["workers (a pid file that never ends)", pipe],
]

describe("a source that fails", () => {
	let sources: Sources

	beforeAll(async () => {
		sources = await startSources(inject("postgresUrl"))
		for (const database of [sources.own, sources.monitored])
			await database.run(`insert into observatory.events (type) values ('improvement_deployed');
				insert into observatory.mcp_calls (server) values ('files')`)
		// The first turns connect, and agents are counted once all transcripts are read.
		await eventually(
			async () => {
				await sources.collect()
				return visible(await scrape())
			},
			(names) => names.length === sources.collectors.length,
		)
	})
	afterAll(() => sources.close())

	/** Every sample of the four paths, each of which has to answer 200 within a second. */
	const scrape = () => sources.server.samples(1_000)
	const succeeded = (samples: ReadonlyMap<string, number>) =>
		Object.fromEntries(
			sources.collectors.map(({ name }) => [name, samples.get(`observatory_collector_success{collector="${name}"}`)]),
		)
	const expected = (fails: readonly string[]) =>
		Object.fromEntries(sources.collectors.map(({ name }) => [name, fails.includes(name) ? 0 : 1]))
	/** Collectors that have a sample of a series of theirs. */
	const visible = (samples: ReadonlyMap<string, number>) => {
		const names = new Set([...samples.keys()].map((sample) => sample.replace(/\{.*$/s, "")))
		return sources.collectors.flatMap(({ name, emits }) =>
			emits.some((of) => names.has(of.name) || names.has(`${of.name}_count`)) ? [name] : [],
		)
	}

	async function expectWorking(): Promise<void> {
		await sources.collect()
		const samples = await scrape()
		expect(succeeded(samples)).toEqual(expected([]))
		expect(visible(samples)).toEqual(sources.collectors.map(({ name }) => name))
		expect(samples.get('autonomous_events_total{type="improvement_deployed"}')).toBe(2)
		expect(samples.get('autonomous_component_status{component="database",status="unhealthy"}')).toBe(0)
	}

	it.each(FAILURES)(
		"takes what it alone knows with it and nothing else, holds no scrape up, and comes back: %s",
		async (_, { fails, withoutTotals, database, begin, end }) => {
			await expectWorking()
			await begin(sources)
			try {
				const collecting = sources.collect()
				// While the collectors wait for their source as well as afterwards.
				await scrape()
				await collecting
				const samples = await scrape()
				expect(succeeded(samples)).toEqual(expected(fails))
				const gone = fails.filter((name) => withoutTotals || !TOTALS.includes(name))
				expect(visible(samples)).toEqual(
					sources.collectors.map(({ name }) => name).filter((name) => !gone.includes(name)),
				)
				const events = samples.get('autonomous_events_total{type="improvement_deployed"}')
				expect(events).toBe(gone.includes("events") ? undefined : 2)
				const pending = samples.get("autonomous_reviews_pending")
				expect(pending).toBe(fails.includes("reviews") ? undefined : 0)
				const status = (of: string) =>
					samples.get(`autonomous_component_status{component="database",status="${of}"}`) ?? 0
				if (database) expect(status(database)).toBe(1)
				else expect(status("healthy") + status("degraded")).toBe(1)
			} finally {
				await end(sources)
			}
			await expectWorking()
		},
	)
})

describe("a source with few rights", () => {
	it("that may only select from the contract serves everything; without even that, only the database's statistics", async () => {
		const database = await contractDatabase(inject("postgresUrl"))
		await database.run("insert into observatory.claude_sessions (id, source, status) values ('a', 'test', 'running')")
		const role = `reader_${Date.now()}`
		await database.run(`create role ${role} login`)
		const reader = new URL(database.url)
		reader.username = role

		const exporter = testExporter(database.url, reader.href)
		await exporter.collect()
		expect(await exporter.value('observatory_collector_success{collector="sessions"}')).toBe(0)
		expect(await exporter.value('observatory_collector_success{collector="database"}')).toBe(1)

		await database.run(
			`grant usage on schema contract to ${role}; grant select on all tables in schema contract to ${role}`,
		)
		await exporter.collect()
		for (const collector of ["health", "database", ...CONTRACT])
			expect(await exporter.value(`observatory_collector_success{collector="${collector}"}`), collector).toBe(1)
		expect(await exporter.value("autonomous_sessions_started_total")).toBe(1)
		await exporter.close()
		await database.close()
	})
})
