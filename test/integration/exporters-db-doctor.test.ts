import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { promisify } from "node:util"
import pg from "pg"
import { describe, expect, inject, it, onTestFinished } from "vitest"
import { diagnoseOwn, diagnoseSource } from "../../exporters/doctor/diagnose.ts"
import { readOwn, readSource } from "../../exporters/doctor/facts.ts"
import type { Finding } from "../../exporters/doctor/finding.ts"
import { type ContractDatabase, contractDatabase, EVALS_TABLES } from "../support/contract-databases.ts"
import { fakeGithub } from "../support/fake-github.ts"
import { poolerTo } from "../support/pooler.ts"
import { createDatabase } from "../support/postgres.ts"
import { program } from "../support/programs.ts"

const run = promisify(execFile)

/** Runs the doctor as a person would. */
async function doctor(environment: Record<string, string>, ...args: string[]) {
	const command = [...program("exporters/doctor/main.ts"), ...args]
	try {
		const { stdout } = await run(process.execPath, command, { env: { ...process.env, ...environment } })
		return { code: 0, stdout, stderr: "" }
	} catch (error) {
		const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
		return { code, stdout, stderr }
	}
}

async function as<T>(url: string, role: string, read: (client: pg.Client) => Promise<T>): Promise<T> {
	const address = new URL(url)
	address.username = role
	const client = new pg.Client(address.href)
	await client.connect()
	try {
		// As the doctor itself reads: what a transaction may do says nothing about what its user may.
		await client.query("begin isolation level repeatable read read only")
		return await read(client)
	} finally {
		await client.end()
	}
}

/** A role that can only log in. */
async function makeRole(database: ContractDatabase): Promise<string> {
	const role = `doctor_${Math.random().toString(36).slice(2)}`
	await database.run(`create role ${role} login`)
	return role
}

const missing = (findings: readonly Finding[]) => findings.filter(({ state }) => state === "missing")

describe("the doctor", () => {
	it("names the rights that a role lacks, and its advice cures them one after the other", async () => {
		const database = await contractDatabase(inject("postgresUrl"), EVALS_TABLES)
		const role = await makeRole(database)
		const examine = async () => [
			...diagnoseSource(await as(database.url, role, readSource)),
			...diagnoseOwn(await as(database.url, role, readOwn)),
		]
		let findings = missing(await examine())
		expect(findings.map(({ text }) => text)).toEqual([
			`${role} may not use schema contract`,
			expect.stringMatching(/may not write observatory\./),
		])
		let rounds = 0
		for (; findings.length > 0 && rounds < 5; rounds++) {
			for (const { advice } of findings) await database.run(advice ?? "")
			findings = missing(await examine())
		}
		expect(findings).toEqual([])
		expect(rounds).toBe(2)
		await database.close()
	})

	it("notes that an emergency stop could not end the sessions of the monitored database, and its advice cures that", async () => {
		const database = await contractDatabase(inject("postgresUrl"))
		const role = await makeRole(database)
		const examine = async () =>
			diagnoseSource(await as(database.url, role, readSource)).filter(({ text }) => /sessions/.test(text))
		const stop = (findings: readonly Finding[]) =>
			findings.find(({ text }) => /emergency stop|pause and end/.test(text))
		const found = stop(await examine())
		expect(found).toMatchObject({ state: "note", text: expect.stringContaining(`${role} may not read and change`) })
		await database.run(found?.advice ?? "")
		expect(stop(await examine())).toMatchObject({ state: "good" })
		await database.run(`alter role ${role} set default_transaction_read_only = on`)
		expect(stop(await examine())).toMatchObject({ state: "note", text: expect.stringContaining("only reads there") })
		await database.close()
	})

	it("names the views, columns and tables that are missing", async () => {
		const database = await contractDatabase(
			inject("postgresUrl"),
			`${EVALS_TABLES}; alter table ai_insights drop column confidence`,
		)
		await database.run("drop view contract.events; alter view contract.reviews rename column status to state")
		const { code, stdout } = await doctor({ DATABASE_URL: database.url })
		expect(code).toBe(1)
		expect(stdout).toContain("MISSING  view contract.events does not exist")
		expect(stdout).toContain("MISSING  view contract.reviews lacks status")
		expect(stdout).toContain("insights cannot be read by provider evals: public.ai_insights.confidence not there")
		expect(stdout).toContain("insights are read from public.ai_anomalies (provider evals_anomalies)")
		await database.close()
	})

	it("prints the script that makes the contract where the exporters may not", async () => {
		const url = await createDatabase(inject("postgresUrl"))
		const client = new pg.Client(url)
		await client.connect()
		await client.query(EVALS_TABLES)
		const { stdout } = await doctor({ DATABASE_URL: url }, "--sql")
		await client.query(stdout)
		await client.query(
			"insert into ai_insights (run_id, category, confidence, severity) values (1, 'quality', 0.5, 'info')",
		)
		expect((await client.query("select category from contract.insights")).rows).toEqual([{ category: "quality" }])
		await client.end()
		expect((await doctor({ DATABASE_URL: url })).stdout).toContain("ok       schema contract is up to date")
	})

	it("prints a script for one database alone, which lets the role that asked read the views", async () => {
		const database = await contractDatabase(inject("postgresUrl"), EVALS_TABLES)
		onTestFinished(() => database.close())
		const role = await makeRole(database)
		await database.run("drop schema contract cascade")
		const reader = new URL(database.url)
		reader.username = role
		const { stdout } = await doctor({ DATABASE_URL: database.url, SOURCE_DATABASE_URL: reader.href }, "--sql")
		const other = new pg.Client(await createDatabase(inject("postgresUrl")))
		await other.connect()
		await expect(other.query(stdout)).rejects.toThrow(/this script is for database .*, not for /)
		await other.query("rollback")
		expect((await other.query("select to_regnamespace('contract') as made")).rows).toEqual([{ made: null }])
		await other.end()
		await database.run(stdout)
		expect(missing(diagnoseSource(await as(database.url, role, readSource)))).toEqual([])
		expect(
			await as(database.url, role, async (client) => (await client.query("select from contract.sessions")).rows),
		).toEqual([])
	})

	it("names row-level security that hides rows, a closed function and many absent views once, and its advice cures it", async () => {
		const database = await contractDatabase(inject("postgresUrl"))
		onTestFinished(() => database.close())
		const role = await makeRole(database)
		await database.run(`grant usage on schema contract, observatory to ${role}; grant select on all tables in schema contract, observatory to ${role};
			alter table observatory.claude_sessions enable row level security; alter view contract.sessions owner to ${role};
			insert into observatory.claude_sessions (id, source, status) values ('a', 'test', 'running')`)
		const hidden = async () =>
			diagnoseSource(await as(database.url, role, readSource)).filter(({ text }) => text.includes("row-level"))
		const [found] = await hidden()
		expect(found?.text).toBe(
			`row-level security on observatory.claude_sessions may hide rows from contract.sessions, which reads as ${role}`,
		)
		const count = () =>
			as(database.url, role, async (client) => (await client.query("select from contract.sessions")).rows.length)
		expect(await count()).toBe(0)
		await database.run(found?.advice ?? "")
		expect(await count()).toBe(1)

		await database.run("drop view contract.events, contract.reviews, contract.outcomes")
		expect(missing(diagnoseSource(await as(database.url, role, readSource))).map(({ text }) => text)).toEqual([
			"there are no views contract.reviews, contract.outcomes, contract.events; what is made from them has no values",
		])
		const facts = await as(database.url, role, readSource)
		const texts = (changed: Partial<typeof facts>) =>
			diagnoseSource({ ...facts, ...changed }).map(({ state, text }) => `${state} ${text}`)
		expect(texts({ version: "13.23", major: 13 })).toContain("note PostgreSQL 14 or newer is needed; this is 13.23")
		expect(texts({ version: "12.4", major: 12 })).toContain("missing PostgreSQL 14 or newer is needed; this is 12.4")
		expect(texts({ closedFunctions: ["pg_control_system()"] })).toContain(
			`missing ${role} may not call pg_control_system()`,
		)
	})

	it("names tables and functions beneath the views that are closed, partitions without an index, and a pooler", async () => {
		const database = await contractDatabase(inject("postgresUrl"))
		onTestFinished(() => database.close())
		const role = await makeRole(database)
		await database.run(`create table public.parted (id bigint, at timestamptz) partition by range (at);
			create table public.parted_1 partition of public.parted default;
			create function public.shout(text) returns text language sql as 'select upper($1)';
			revoke execute on function public.shout(text) from public;
			drop view contract.events;
			create view contract.events as select 'x'::text as provider, id as seq, null::int as native_seq, shout('a') as type,
				null::text as session_id, at as created_at from public.parted;
			grant usage on schema contract to ${role}; grant select on all tables in schema contract to ${role};
			alter view contract.events owner to ${role}`)
		const about = async () =>
			diagnoseSource(await as(database.url, role, readSource)).filter(({ text }) => /parted|shout/.test(text))
		expect((await about()).map(({ state, text }) => `${state} ${text}`)).toEqual([
			`missing ${role}, as which contract.events reads, may not read parted`,
			`missing ${role} may not call shout(text), which contract.events does`,
			"note 1 partitions of parted have no index that begins with their number, such as parted_1: each poll reads all of them",
		])
		for (const { advice } of missing(await about())) await database.run(advice ?? "")
		await database.run("create index on public.parted (id)")
		expect(await about()).toEqual([])
		const select = (client: pg.Client) => client.query("select * from contract.events")
		expect((await as(database.url, role, select)).rows).toEqual([])

		const pooler = await poolerTo(database.url)
		onTestFinished(() => pooler.close())
		const pooled = async (url: string) => (await as(url, role, readSource)).pooled
		expect([await pooled(database.url), await pooled(pooler.url)]).toEqual([false, true])
	})

	it("says that a database cannot be reached and what to check, and that a variable is missing", async () => {
		const away = await doctor({ DATABASE_URL: "postgres://user@127.0.0.1:1/none" })
		expect(away.code).toBe(1)
		expect(away.stdout).toMatch(
			/MISSING {2}Reading our database: PostgreSQL cannot be reached.*\n\s+→ Check that it runs/,
		)
		const unset = await doctor({ DATABASE_URL: "", OBSERVATORY_HOME: path.join(tmpdir(), "observatory-nowhere") })
		expect(unset.code).toBe(1)
		expect(unset.stderr).toContain("DATABASE_URL")
	})

	it("examines GitHub, transcripts, workers and the views over our own tables, and says what each of them lacks", async () => {
		const [own, monitored] = [
			await contractDatabase(inject("postgresUrl")),
			await contractDatabase(inject("postgresUrl")),
		]
		const github = await fakeGithub()
		const folder = mkdtempSync(path.join(tmpdir(), "observatory-doctor-"))
		onTestFinished(async () => {
			await github.close()
			rmSync(folder, { recursive: true })
			await own.close()
			await monitored.close()
		})
		mkdirSync(path.join(folder, "projects"))
		writeFileSync(path.join(folder, "projects/a.jsonl"), "")
		writeFileSync(path.join(folder, "no-folder"), "")
		const environment = {
			DATABASE_URL: own.url,
			SOURCE_DATABASE_URL: monitored.url,
			GITHUB_REPOSITORY: "acme/agents",
			GITHUB_API_URL: github.url,
			GITHUB_TOKEN: "secret",
			CLAUDE_TRANSCRIPTS: `${folder}/projects,${folder}/later`,
			WORKERS: `tests=pid:${process.pid},gone=pidfile:${folder}/gone.pid`,
		}
		const well = await doctor(environment)
		expect(well, well.stdout).toMatchObject({ code: 0, stderr: "" })
		expect(well.stdout.match(/all ten views are there/g)).toHaveLength(2)
		expect(well.stdout).toMatch(/ok .*the workflow runs of acme\/agents can be read, \d+ of 5000 requests left/)
		expect(well.stdout).toContain(`ok       1 transcripts in ${folder}/projects`)
		expect(well.stdout).toContain(`note     ${folder}/later is not there yet`)
		expect(well.stdout).toContain("ok       tests runs")
		expect(well.stdout).toContain("note     gone does not run")

		await own.run("drop view contract.sessions")
		const ill = await doctor({
			...environment,
			GITHUB_TOKEN: "wrong",
			CLAUDE_TRANSCRIPTS: `${folder}/no-folder`,
		})
		expect(ill.code).toBe(1)
		expect(ill.stdout).toMatch(
			/Our database[\s\S]*MISSING {2}view contract.sessions does not exist[\s\S]*The monitored/,
		)
		expect(ill.stdout).toMatch(/GitHub Actions.*\n {2}MISSING .*\n\s+→ .*GITHUB_TOKEN/)
		expect(ill.stdout).toContain(`MISSING  ${folder}/no-folder cannot be read`)
	})
})
