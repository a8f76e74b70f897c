import {
	appendFileSync,
	copyFileSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import type pg from "pg"
import { beforeAll, beforeEach, describe, expect, inject, it, onTestFinished } from "vitest"
import { createPool } from "../../core/db/client.ts"
import { migrate } from "../../core/db/migrate.ts"
import { manualClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { transcriptCollector } from "../../exporters/sources/transcripts/collector.ts"
import { defaultPriceFile, loadPrices } from "../../exporters/sources/transcripts/prices.ts"
import { IDLE_MS, SILENT_MS } from "../../exporters/sources/transcripts/runs.ts"
import { createDatabase } from "../support/postgres.ts"

const fixture = path.join(import.meta.dirname, "../fixtures/claude-code/transcript.jsonl")
const SESSION = "eea0eb4d-8307-4781-8200-7649a5ee57dc"
const NOON = Date.UTC(2026, 10, 22, 15)

let pool: pg.Pool
beforeAll(async () => {
	const url = await createDatabase(inject("postgresUrl"))
	await migrate(url)
	pool = createPool(url, { applicationName: "test" })
	return () => pool.end()
})
beforeEach(async () => {
	await pool.query(
		`truncate observatory.claude_sessions, observatory.transcript_files, observatory.transcript_runs,
		observatory.transcript_messages, observatory.readers`,
	)
})

async function start() {
	const root = mkdtempSync(path.join(tmpdir(), "observatory-projects-"))
	onTestFinished(() => rmSync(root, { recursive: true, force: true }))
	const project = path.join(root, "-home-dev-project")
	mkdirSync(project)
	const clock = manualClock(NOON)
	const prices = await loadPrices(defaultPriceFile())
	/** A tailer as a newly started process has it. */
	const tailer = () => {
		const collector = transcriptCollector({ roots: [root], pool, prices, clock, log: silentLogger })
		return async () => {
			const samples = await collector.collect(new AbortController().signal)
			return new Map(samples.map((s) => [Object.values(s.labels).join() || s.series.name, "value" in s ? s.value : 0]))
		}
	}
	return { root, project, clock, tailer, collect: tailer() }
}

async function sessions() {
	const { rows } = await pool.query(
		`select id, status, model, source, input_tokens::int as input, output_tokens::int as output, cache_read_tokens::int as read,
		cache_creation_tokens::int as written, cost_usd::float8 as cost, turns, started_at, ended_at from observatory.claude_sessions order by id`,
	)
	return rows
}

const second = (n: number) => new Date(NOON - 60_000 + n * 1_000).toISOString()
const answer = (id: string, output: number, at: string, more: object = {}) =>
	`${JSON.stringify({
		type: "assistant",
		sessionId: "s",
		timestamp: at,
		requestId: `req-${id}`,
		message: {
			id,
			model: "claude-haiku-4-5",
			stop_reason: "end_turn",
			usage: { input_tokens: 0, output_tokens: output },
		},
		...more,
	})}\n`
const ask = (at: string) => `${JSON.stringify({ type: "user", sessionId: "s", timestamp: at, message: {} })}\n`

describe("the transcript tailer", () => {
	it("gives a captured session the tokens and the cost that the program printed, and ends it when it is silent", async () => {
		const { project, clock, collect } = await start()
		copyFileSync(fixture, path.join(project, `${SESSION}.jsonl`))
		clock.advance(-NOON + Date.parse("2026-11-22T14:53:10Z"))
		const lines = await collect()
		const printed = JSON.parse(readFileSync(path.join(path.dirname(fixture), "result.json"), "utf8"))
		const expected = {
			id: SESSION,
			source: "transcript",
			model: "claude-opus-4-8",
			input: printed.usage.input_tokens,
			output: printed.usage.output_tokens,
			read: printed.usage.cache_read_input_tokens,
			written: printed.usage.cache_creation_input_tokens,
			cost: printed.total_cost_usd,
			turns: printed.num_turns,
		}
		expect(await sessions()).toMatchObject([{ ...expected, status: "running", ended_at: null }])
		expect([lines.get("used"), lines.get("skipped"), lines.get("malformed")]).toEqual([4, 5, 0])
		clock.advance(IDLE_MS)
		await collect()
		expect(await sessions()).toMatchObject([
			{ ...expected, status: "completed", ended_at: new Date("2026-11-22T14:53:05.796Z") },
		])
	})

	it("follows a growing file line by line, and through restarts, without counting anything twice", async () => {
		const { project, tailer } = await start()
		const file = path.join(project, "s.jsonl")
		const text = ask(second(0)) + answer("a", 10, second(1)) + answer("b", 20, second(2)) + answer("c", 30, second(3))
		writeFileSync(file, "")
		for (let at = 0; at < text.length; at += 150) {
			appendFileSync(file, text.slice(at, at + 150))
			await tailer()()
		}
		expect(await sessions()).toMatchObject([{ id: "s", output: 60, cost: 0.0003 }])
	})

	it("counts a repeated answer once with its largest tokens, also when files are rotated, copied or replaced", async () => {
		const { project, collect } = await start()
		const file = path.join(project, "s.jsonl")
		writeFileSync(file, answer("a", 1, second(0)) + answer("a", 10, second(0)) + answer("b", 5, second(1)))
		await collect()
		renameSync(file, path.join(project, "s-old.jsonl"))
		writeFileSync(file, answer("a", 10, second(0)) + answer("b", 5, second(1)) + answer("c", 7, second(2)))
		await collect()
		expect(await sessions()).toMatchObject([{ id: "s", output: 22 }])
		writeFileSync(file, answer("c", 7, second(2)))
		await collect()
		rmSync(file)
		await collect()
		expect(await sessions()).toMatchObject([{ id: "s", output: 22 }])
	})

	it("adds subagents to their session, and a replay of theirs in the main conversation only once", async () => {
		const { project, collect } = await start()
		const subagents = path.join(project, "s/subagents")
		mkdirSync(subagents, { recursive: true })
		writeFileSync(path.join(project, "s.jsonl"), ask(second(0)) + answer("main", 100, second(1)))
		const inside = { isSidechain: true, sessionId: "s" }
		writeFileSync(
			path.join(subagents, "agent-1.jsonl"),
			answer("sub", 7, second(1), inside) + answer("main", 100, second(1), { ...inside, requestId: "another" }),
		)
		await collect()
		expect(await sessions()).toMatchObject([{ id: "s", output: 107, turns: 1 }])
		appendFileSync(path.join(project, "s.jsonl"), answer("sub", 7, second(2)))
		await collect()
		expect(await sessions()).toMatchObject([{ id: "s", output: 107, turns: 2 }])
	})

	it("counts what it does not understand, and continues", async () => {
		const { project, collect } = await start()
		const other = { model: "model-of-tomorrow", usage: { input_tokens: 3 }, id: "x" }
		const lines = [
			'{"type":"telepathy"}\n',
			"not json\n",
			answer("a", 5, second(0)),
			answer("y", 9, second(0), { message: { id: "y", model: "<synthetic>", usage: { output_tokens: 9 } } }),
			answer("x", 0, second(1), { message: other }),
		]
		writeFileSync(path.join(project, "s.jsonl"), lines.join(""))
		const counts = await collect()
		expect([counts.get("unknown_type"), counts.get("malformed"), counts.get("used")]).toEqual([1, 1, 3])
		expect(counts.get("model-of-tomorrow")).toBe(1)
		expect(await sessions()).toMatchObject([{ output: 5, input: 3 }])
	})

	it("counts nothing of before it began, so that a month of history is not a day's cost", async () => {
		const { project, collect } = await start()
		const long = new Date(NOON - 25 * 3_600_000).toISOString()
		writeFileSync(path.join(project, "s.jsonl"), answer("a", 5, long) + answer("b", 6, second(0)))
		expect((await collect()).get("too_old")).toBe(1)
		expect(await sessions()).toMatchObject([{ output: 6 }])
	})

	it("knows a failed and an abandoned session by how they fell silent", async () => {
		const { project, clock, collect } = await start()
		const at = new Date(NOON).toISOString()
		const error = {
			isApiErrorMessage: true,
			sessionId: "failed",
			message: { id: "e", model: "<synthetic>", usage: {} },
		}
		writeFileSync(path.join(project, "failed.jsonl"), answer("e", 0, at, error))
		writeFileSync(path.join(project, "s.jsonl"), ask(at))
		await collect()
		clock.advance(IDLE_MS)
		await collect()
		expect((await sessions()).map(({ id, status }) => [id, status])).toEqual([
			["failed", "failed"],
			["s", "running"],
		])
		clock.advance(SILENT_MS)
		await collect()
		expect((await sessions())[1]).toMatchObject({ id: "s", status: "timeout" })
	})

	it("gives a session that continues after its end another row, and leaves the ended one as it was", async () => {
		const { project, clock, collect } = await start()
		const file = path.join(project, "s.jsonl")
		writeFileSync(file, answer("a", 5, second(0)))
		await collect()
		clock.advance(IDLE_MS)
		await collect()
		const [ended] = await sessions()
		clock.advance(3_600_000)
		appendFileSync(file, answer("b", 6, new Date(clock.now()).toISOString()))
		await collect()
		expect(await sessions()).toEqual([
			ended,
			expect.objectContaining({ id: "s#2", output: 6, status: "running", started_at: new Date(clock.now()) }),
		])
		expect(ended).toMatchObject({ id: "s", output: 5, status: "completed" })
	})

	it("leaves alone a session of another writer, and one that was stopped", async () => {
		const { project, clock, collect } = await start()
		await pool.query(
			`insert into observatory.claude_sessions (id, source, status, output_tokens) values ('s', 'application', 'running', 1)`,
		)
		const file = path.join(project, "s.jsonl")
		writeFileSync(file, answer("a", 5, second(0)) + answer("b", 5, second(0), { sessionId: "t" }))
		await collect()
		await pool.query("update observatory.claude_sessions set status = 'emergency_stopped' where id = 't'")
		clock.advance(SILENT_MS)
		await collect()
		expect((await sessions()).map(({ id, source, status, output }) => [id, source, status, output])).toEqual([
			["s", "application", "running", 1],
			["t", "transcript", "emergency_stopped", 5],
		])
	})

	it("leaves a paused session paused while it is alive, and running once it is resumed", async () => {
		const { project, clock, collect } = await start()
		writeFileSync(path.join(project, "s.jsonl"), answer("a", 5, second(0)) + ask(second(1)))
		await collect()
		const set = (status: string) => pool.query("update observatory.claude_sessions set status = $1", [status])
		await set("paused")
		clock.advance(60_000)
		await collect()
		appendFileSync(path.join(project, "s.jsonl"), answer("b", 6, new Date(clock.now()).toISOString()))
		await collect()
		expect(await sessions()).toMatchObject([{ id: "s", status: "paused", output: 11, ended_at: null }])
		await set("running")
		await collect()
		expect(await sessions()).toMatchObject([{ id: "s", status: "running" }])
		await set("paused")
		clock.advance(SILENT_MS)
		await collect()
		expect(await sessions()).toMatchObject([{ id: "s", status: "completed" }])
	})

	it("forgets answers that no file can bring back, and keeps what they added up to", async () => {
		const { project, clock, collect } = await start()
		const file = path.join(project, "s.jsonl")
		writeFileSync(file, answer("a", 5, second(0)))
		await collect()
		rmSync(file)
		clock.advance(IDLE_MS)
		await collect()
		const remembered = async () => (await pool.query("select message from observatory.transcript_messages")).rows.length
		expect(await remembered()).toBe(1)
		clock.advance(61 * 86_400_000)
		await collect()
		expect(await remembered()).toBe(0)
		expect(await sessions()).toMatchObject([{ id: "s", output: 5, status: "completed" }])
	})

	it("counts once when two exporters follow the same files", async () => {
		const { project, tailer } = await start()
		const file = path.join(project, "s.jsonl")
		const [one, two] = [tailer(), tailer()]
		writeFileSync(file, "")
		let used = 0
		for (let i = 0; i < 10; i++) {
			appendFileSync(file, answer(`m${i}`, 1, second(i)))
			await Promise.all([one(), two()])
		}
		for (const tail of [one, two]) used += (await tail()).get("used") ?? 0
		expect(used).toBe(10)
		expect(await sessions()).toMatchObject([{ output: 10 }])
	})
})
