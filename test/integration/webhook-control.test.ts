import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { afterEach, describe, expect, inject, it } from "vitest"
import { fakeWorkflow } from "../support/fake-workflow.ts"
import { createDatabase } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook } from "../support/webhook.ts"

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close()
})

/** Something whose `close` is called when the test ends, after that of all that came later. */
function closed<T>(thing: T, close: (thing: T) => Promise<unknown>): T {
	closers.push(() => close(thing))
	return thing
}

async function database() {
	const url = await migratedDatabase(inject("postgresUrl"))
	const client = closed(new pg.Client(url), (one) => one.end())
	await client.connect()
	return { url, client }
}

/** The same database for a role without any right yet. */
async function withoutRights({ url, client }: { url: string; client: pg.Client }) {
	const role = `reader_${Math.random().toString(36).slice(2)}`
	await client.query(`create role ${role} login`)
	const address = new URL(url)
	address.username = role
	return { role, url: address.href }
}

const start = async (url: string, env: Record<string, string> = {}) =>
	closed(await startTestWebhook(url, { env }), (webhook) => webhook.stop())

const begin = (client: pg.Client, id: string, status = "running") =>
	client.query("insert into observatory.claude_sessions (id, source, status) values ($1, 'test', $2)", [id, status])

/** Locks the session's row, which is skipped, or the table, which is waited for, until the returned function is called. */
async function lock(url: string, client: pg.Client, id?: string) {
	const holder = closed(new pg.Client(url), (one) => one.end())
	await holder.connect()
	await holder.query("begin")
	if (id === undefined) await holder.query("lock table observatory.claude_sessions in share mode")
	else await holder.query("select from observatory.claude_sessions where id = $1 for update", [id])
	const waiting =
		"select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ~ 'claude_sessions'"
	return Object.assign(() => holder.query("commit"), {
		whenWaitedFor: () =>
			eventually(
				() => client.query(waiting),
				({ rows }) => rows.length > 0,
			),
	})
}

const statusOf = async (client: pg.Client, id: string): Promise<string> =>
	(await client.query("select status from observatory.claude_sessions where id = $1", [id])).rows[0]?.status

const becomes = (client: pg.Client, id: string, status: string) =>
	eventually(
		() => statusOf(client, id),
		(now) => now === status,
	)

/** Nothing is left of the pause. */
const noneWaits = (client: pg.Client) =>
	eventually(
		async () => (await client.query("select paused_sessions from observatory.control")).rows[0].paused_sessions,
		(ids: string[]) => ids.length === 0,
	)

const events = async (client: pg.Client): Promise<string[]> =>
	(await client.query("select type from observatory.events order by seq")).rows.map(({ type }) => type)

describe("an emergency stop", () => {
	it("is in effect though the monitored database may only be read, says what to grant, and continues once that is granted", async () => {
		const own = await database()
		const monitored = await database()
		const reader = await withoutRights(monitored)
		const webhook = await start(own.url, { SOURCE_DATABASE_URL: reader.url })
		await begin(own.client, "transcript")
		await begin(monitored.client, "a")
		const { state, pending } = await webhook.change("stop")
		expect(state).toBe("stop")
		expect(pending).toEqual([expect.stringMatching(/^In the monitored database: reader_\w+ may not read and change/)])
		expect(await statusOf(own.client, "transcript")).toBe("emergency_stopped")
		expect(await statusOf(monitored.client, "a")).toBe("running")
		expect(await events(own.client)).toEqual(["emergency_stop"])
		const console = () => webhook.page("/response")
		expect(await console()).toMatch(/not updated yet[\s\S]*may not read and change/)

		await monitored.client.query(
			`grant usage on schema observatory to ${reader.role}; grant select on observatory.claude_sessions to ${reader.role}`,
		)
		expect((await webhook.change("stop")).pending).toEqual([expect.stringContaining("may not change")])
		const [advice] = pending
		await monitored.client.query(String(advice).slice(String(advice).indexOf("grant usage")))
		await becomes(monitored.client, "a", "emergency_stopped")
		expect((await webhook.change("stop")).pending).toEqual([])
		expect(await console()).not.toContain("not updated yet")
		await webhook.change("release")
		expect(await events(own.client)).toEqual(["emergency_stop", "emergency_stop_released"])
		expect(await events(monitored.client)).toEqual([])
	})

	it("ends the rows by our own right where a reader's address leads to our own database", async () => {
		const own = await database()
		const reader = await withoutRights(own)
		const webhook = await start(own.url, { SOURCE_DATABASE_URL: reader.url })
		await begin(own.client, "a")
		expect(await webhook.change("stop")).toMatchObject({ state: "stop", pending: [] })
		expect(await statusOf(own.client, "a")).toBe("emergency_stopped")
	})

	it("asks nothing of a monitored database that keeps no such rows", async () => {
		const own = await database()
		const evals = await createDatabase(inject("postgresUrl"))
		const webhook = await start(own.url, { SOURCE_DATABASE_URL: evals })
		expect(await webhook.change("stop")).toMatchObject({ state: "stop", pending: [] })
	})

	it("is compared with what the contract's view shows: hidden, refused, locked and foreign sessions are named, the others end", async () => {
		const own = await database()
		const monitored = await database()
		const { client } = monitored
		const reader = await withoutRights(monitored)
		await client.query(`
			create schema contract;
			create view contract.sessions as
				select 'own' as provider, id, status from observatory.claude_sessions
				union all select 'evals', 'observer-7', 'running';
			grant usage on schema observatory, contract to ${reader.role};
			grant select, update on observatory.claude_sessions to ${reader.role};
			grant select on contract.sessions to ${reader.role};
			alter table observatory.claude_sessions enable row level security;
			create policy visible on observatory.claude_sessions to ${reader.role} using (id <> 'hidden');
			create function observatory.refuse() returns trigger language plpgsql as 'begin return null; end';
			create trigger refuse before update on observatory.claude_sessions for each row
				when (old.id = 'refused') execute function observatory.refuse()`)
		for (const id of ["free", "hidden", "locked", "refused"]) await begin(client, id)
		const unlock = await lock(monitored.url, client, "locked")
		const webhook = await start(own.url, { SOURCE_DATABASE_URL: reader.url })
		const { pending, gateOnly } = await webhook.change("stop")
		expect([...pending].sort()).toEqual([
			expect.stringMatching(/^In the monitored database: The session hidden: .*row-level security.*create policy/),
			expect.stringMatching(/^In the monitored database: The session locked: another transaction has locked the row/),
			expect.stringMatching(/^In the monitored database: The session refused: .*a trigger or a rule/),
		])
		expect(gateOnly).toEqual(["observer-7 (evals)"])
		expect(await statusOf(client, "free")).toBe("emergency_stopped")
		expect(await webhook.page("/response")).toMatch(/The session hidden[\s\S]*gate only[^<]*observer-7/)
		await unlock()
		await becomes(client, "locked", "emergency_stopped")
		await client.query(
			"drop trigger refuse on observatory.claude_sessions; drop policy visible on observatory.claude_sessions",
		)
		await client.query(`create policy all_rows on observatory.claude_sessions to ${reader.role} using (true)`)
		await becomes(client, "hidden", "emergency_stopped")
		await becomes(client, "refused", "emergency_stopped")
		await eventually(
			async () => (await own.client.query("select pending->'sessions' as left from observatory.control")).rows[0].left,
			(left: string[]) => left.length === 0,
		)
	})

	it("is carried out by itself though the sessions cannot be counted, and a person is notified that they may still run", async () => {
		const { url, client } = await database()
		const webhook = await start(url, { SOURCE_DATABASE_URL: "postgres://user@127.0.0.1:9/none" })
		await webhook.setPolicy({ action: "emergencyStop", mode: "auto" })
		await webhook.notify({ name: "safety_violation", labels: { remediation: "emergencyStop" } })
		const state = async () => (await client.query("select state from observatory.control")).rows[0].state
		await eventually(state, (now) => now === "stop")
		const [row] = await eventually(
			async () => (await client.query("select state, plan, reason from observatory.remediations")).rows,
			([first]) => first?.state === "failed",
		)
		expect(row.plan.join("\n")).toMatch(
			/close the gate[\s\S]*end all sessions \(their number is unknown\)[\s\S]*: PostgreSQL cannot be reached[\s\S]*no GitHub/,
		)
		expect(row.reason).toMatch(/In the monitored database: .*cannot be reached/)
	})

	it("is lifted only when no replica is still ending sessions: none is ended after its release", async () => {
		const { url, client } = await database()
		const [webhook, replica] = [await start(url), await start(url)]
		await begin(client, "a")
		const unlock = await lock(url, client)
		const stopped = webhook.change("stop")
		await unlock.whenWaitedFor()
		const released = replica.change("release").then(() => statusOf(client, "a"))
		await sleep(500)
		await unlock()
		expect(await released).toBe("emergency_stopped")
		await stopped
		await begin(client, "free")
		await sleep(1_500)
		expect(await statusOf(client, "free")).toBe("running")
	})
})

describe("a pause", () => {
	it("pauses sessions that begin while it is in effect, and resumes all that it paused, with two replicas", async () => {
		const { url, client } = await database()
		const monitored = await database()
		const env = { SOURCE_DATABASE_URL: monitored.url }
		const [webhook, replica] = [await start(url, env), await start(url, env)]
		await begin(monitored.client, "own-pause", "paused")
		await webhook.change("pause")
		await begin(monitored.client, "a")
		await becomes(monitored.client, "a", "paused")
		await begin(client, "transcript", "initializing")
		await becomes(client, "transcript", "paused")
		await replica.change("resume")
		await becomes(monitored.client, "a", "running")
		await becomes(client, "transcript", "running")
		expect(await statusOf(monitored.client, "own-pause")).toBe("paused")
		await noneWaits(client)
	})

	it("that is lifted while it takes effect leaves no session paused", async () => {
		const { url, client } = await database()
		const [webhook, replica] = [await start(url), await start(url)]
		await begin(client, "a")
		const unlock = await lock(url, client)
		const paused = webhook.change("pause")
		await unlock.whenWaitedFor()
		const resumed = replica.change("resume")
		await sleep(500)
		await unlock()
		await Promise.all([paused, resumed])
		await becomes(client, "a", "running")
		await sleep(1_500)
		expect(await statusOf(client, "a")).toBe("running")
	})

	it("resumes its sessions though the monitored database was away when it was lifted", async () => {
		const { url, client } = await database()
		const monitored = await database()
		const reader = await withoutRights(monitored)
		const rights = "usage on schema observatory"
		await monitored.client.query(
			`grant ${rights} to ${reader.role}; grant select, update on observatory.claude_sessions to ${reader.role}`,
		)
		const webhook = await start(url, { SOURCE_DATABASE_URL: reader.url })
		await begin(monitored.client, "a")
		expect((await webhook.change("pause")).pending).toEqual([])
		await monitored.client.query(`revoke ${rights} from ${reader.role}`)
		expect((await webhook.change("resume")).pending).toHaveLength(1)
		expect(await statusOf(monitored.client, "a")).toBe("paused")
		await monitored.client.query(`grant ${rights} to ${reader.role}`)
		await becomes(monitored.client, "a", "running")
		await noneWaits(client)
	})
})

describe("the GitHub workflow", () => {
	const withGitHub = async () => {
		const github = closed(await fakeWorkflow(), (one) => one.close())
		const { url, client } = await database()
		const env = { GITHUB_REPOSITORY: "acme/evals", GITHUB_TOKEN: "token", GITHUB_API_URL: github.url }
		return { github, url, client, env }
	}
	/** Every revision so far has reached GitHub. */
	const settled = (client: pg.Client) =>
		eventually(
			async () =>
				(await client.query("select revision = workflow_revision as done from observatory.control")).rows[0].done,
			Boolean,
		)

	it("is disabled by a stop and enabled by its release, and by nothing else", async () => {
		const { github, url, env } = await withGitHub()
		const webhook = await start(url, env)
		await webhook.change("pause")
		await webhook.change("resume")
		await webhook.change("pause")
		expect(github.changes).toEqual([])
		await webhook.change("stop")
		expect(github.changes).toEqual(["disable"])
		await webhook.change("release")
		expect(github.changes).toEqual(["disable", "enable"])
	})

	it("stays as a person has disabled it, through a stop and its release", async () => {
		const { github, url, env } = await withGitHub()
		github.state = "disabled_manually"
		const webhook = await start(url, env)
		for (const verb of ["pause", "resume", "stop", "release"] as const) await webhook.change(verb)
		expect(github).toMatchObject({ changes: [], state: "disabled_manually" })
	})

	it("ends disabled when a stop comes while the release before it is still being sent", async () => {
		const { github, url, client, env } = await withGitHub()
		const [webhook, replica] = [await start(url, env), await start(url, env)]
		await webhook.change("stop")
		github.enableDelayMs = 1_500
		const released = webhook.change("release")
		await sleep(500)
		await replica.change("stop")
		await released
		await settled(client)
		expect(github).toMatchObject({ changes: ["disable", "enable", "disable"], state: "disabled_manually" })
	})

	it.each([503, "hang"] as const)(
		"is disabled as soon as GitHub is back (%s), and the stop says that it is not yet",
		async (broken) => {
			const { github, url, client, env } = await withGitHub()
			github.broken = broken
			const webhook = await start(url, env)
			const from = Date.now()
			const { state, pending } = await webhook.change("stop")
			// GitHub has 5 s, and 5 s more when a background attempt was under way.
			expect(Date.now() - from).toBeLessThan(13_000)
			expect(state).toBe("stop")
			expect(pending).toEqual([expect.stringMatching(/GitHub did not .* acme\/evals: .*actions: write/)])
			const said = async () => (await client.query("select pending from observatory.control")).rows[0].pending.workflow
			expect(await said()).toEqual(pending)
			github.broken = undefined
			await settled(client)
			expect(github.changes).toEqual(["disable"])
			await eventually(said, (lines) => lines.length === 0)
		},
	)

	it("is no longer said to lag behind, though the process that brought it up to date died before it could say so", async () => {
		const { url, client, env } = await withGitHub()
		await client.query(`update observatory.control set pending = '{"sessions": [], "workflow": ["GitHub is away"]}'`)
		await start(url, env)
		await eventually(
			async () => (await client.query("select pending from observatory.control")).rows[0].pending.workflow,
			(lines: string[]) => lines.length === 0,
		)
	})

	it("and the sessions follow a stop of which a process died before it could pass it on", async () => {
		const { github, url, client, env } = await withGitHub()
		await begin(client, "a")
		await client.query("update observatory.control set state = 'stop', revision = 1")
		await start(url, env)
		await becomes(client, "a", "emergency_stopped")
		await settled(client)
		expect(github.changes).toEqual(["disable"])
	})

	it("that a process disabled before it died is enabled by the release", async () => {
		const { github, url, client, env } = await withGitHub()
		github.state = "disabled_manually"
		await client.query("update observatory.control set state = 'stop', revision = 1, workflow_disabled = true")
		const webhook = await start(url, env)
		await settled(client)
		await webhook.change("release")
		expect(github.state).toBe("active")
	})
})
