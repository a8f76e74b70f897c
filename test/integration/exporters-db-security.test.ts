import pg from "pg"
import { describe, expect, inject, it } from "vitest"
import { migrate } from "../../core/db/migrate.ts"
import { examinePasswords, examineRole, examineTokens, readRole } from "../../exporters/doctor/security/roles.ts"
import { createDatabase } from "../support/postgres.ts"

async function inDatabase<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
	const url = await createDatabase(inject("postgresUrl"))
	await migrate(url)
	const client = new pg.Client(url)
	await client.connect()
	try {
		return await work(client)
	} finally {
		await client.end()
	}
}

/** A role that can only log in. */
async function makeRole(client: pg.Client): Promise<string> {
	const role = `security_${Math.random().toString(36).slice(2)}`
	await client.query(`create role ${role} login`)
	return role
}

const severe = (...args: Parameters<typeof examineRole>) =>
	examineRole(...args)
		.filter(({ severity }) => severity !== "ok")
		.map(({ severity, what }) => `${severity}: ${what}`)

async function factsOf(client: pg.Client, role: string) {
	const facts = await readRole(client, role)
	if (facts === undefined) throw new Error(`there is no role ${role}`)
	return facts
}

describe("the doctor's look at database roles", () => {
	it("accepts a role that only reads, and finds each right that it does not need", async () => {
		await inDatabase(async (client) => {
			const role = await makeRole(client)
			await client.query("create table public.business (id int)")
			await client.query(`grant select on public.business to ${role}`)
			expect(severe(await factsOf(client, role), "reader")).toEqual([])
			await client.query(`grant update on public.business to ${role}`)
			const changes = `role ${role} (Grafana) may change public.business, and only has to read`
			expect(severe(await factsOf(client, role), "reader")).toEqual([`high: ${changes}`])
			expect(severe(await factsOf(client, role), "source")[0]).toMatch(/^medium: /)
			expect(severe(await factsOf(client, role), "own")).toEqual([])
			await client.query(`grant pg_execute_server_program to ${role}`)
			expect(severe(await factsOf(client, role), "own")).toEqual([
				`high: role ${role} (DATABASE_URL) may run programs or use files of the database server`,
			])
			await client.query(`alter role ${role} superuser`)
			expect(severe(await factsOf(client, role), "own")).toEqual([`high: role ${role} (DATABASE_URL) is a superuser`])
			await client.query(`drop owned by ${role}; drop role ${role}`)
			expect(await readRole(client, role)).toBeUndefined()
		})
	})

	it("finds tokens that never expire, until they expire or are revoked", async () => {
		await inDatabase(async (client) => {
			expect((await examineTokens(client)).map(({ severity }) => severity)).toEqual(["ok"])
			const create = (name: string, role: string) =>
				client.query(
					"insert into observatory.access_tokens (name, role, token_hash, created_by) values ($1, $2, $1, 'test')",
					[name, role],
				)
			await create("Ada", "admin")
			await create("Bo", "viewer")
			expect((await examineTokens(client)).map(({ severity, what }) => `${severity}: ${what}`)).toEqual([
				'medium: access token 1 of "Ada" (admin) never expires',
				'low: access token 2 of "Bo" (viewer) never expires',
			])
			await client.query("update observatory.access_tokens set revoked_at = now() where name = 'Ada'")
			await client.query("update observatory.access_tokens set expires_at = now() + '1 day' where name = 'Bo'")
			expect((await examineTokens(client)).map(({ severity }) => severity)).toEqual(["ok"])
		})
	})

	it("finds one password for two databases", () => {
		const own = "postgres://observatory:secret@127.0.0.1:5433/observatory"
		expect(examinePasswords(own, "postgres://reader:secret@db.example/app")[0]?.severity).toBe("high")
		expect(examinePasswords(own, "postgres://reader:other@db.example/app")).toEqual([])
		expect(examinePasswords(own, own)).toEqual([])
	})
})
