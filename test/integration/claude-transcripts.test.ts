import {
	appendFileSync,
	copyFileSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import type pg from "pg"
import { beforeAll, beforeEach, describe, expect, inject, it, onTestFinished } from "vitest"
import { createPool } from "../../core/db/client.ts"
import { manualClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import type { Sample } from "../../core/metrics/samples.ts"
import { transcriptCollectors } from "../../exporters/sources/transcripts/collector.ts"
import { defaultPriceFile, loadPrices, parsePrices } from "../../exporters/sources/transcripts/prices.ts"
import { IDLE_MS, SILENT_MS } from "../../exporters/sources/transcripts/runs.ts"
import { corpusOf } from "../fixtures/cost/corpus.ts"
import { TOKENS } from "../fixtures/cost/ledger.ts"
import { measureTranscripts } from "../fixtures/cost/measure.ts"
import { migratedDatabase } from "../support/template-database.ts"

const fixture = path.join(import.meta.dirname, "../fixtures/claude-code/transcript.jsonl")
const SESSION = "eea0eb4d-8307-4781-8200-7649a5ee57dc"
const NOON = Date.UTC(2026, 10, 22, 15)

let pool: pg.Pool
beforeAll(async () => {
	const url = await migratedDatabase(inject("postgresUrl"))
	pool = createPool(url, { applicationName: "test" })
	return () => pool.end()
})
beforeEach(async () => {
	await pool.query(
		`truncate observatory.claude_sessions, observatory.transcript_files, observatory.transcript_runs,
		observatory.transcript_messages, observatory.transcript_costs, observatory.transcript_shared, observatory.readers,
		observatory.transcript_agents, observatory.totals`,
	)
})

async function start() {
	const root = mkdtempSync(path.join(tmpdir(), "observatory-projects-"))
	onTestFinished(() => rmSync(root, { recursive: true, force: true }))
	const project = path.join(root, "-home-dev-project")
	mkdirSync(project)
	const clock = manualClock(NOON)
	const shipped = await loadPrices(defaultPriceFile())
	/** A tailer as a newly started process has it. */
	const tailer = (prices = shipped) => {
		const collectors = Object.values(transcriptCollectors({ roots: [root], pool, prices, clock, log: silentLogger }))
		return async () => {
			const samples: Sample[] = []
			for (const { collect } of collectors) samples.push(...(await collect(new AbortController().signal)))
			return new Map(
				samples.flatMap((s) => {
					const value = "value" in s ? s.value : 0
					const labels = Object.values(s.labels).join()
					return [
						[labels || s.series.name, value],
						[`${s.series.name}{${labels}}`, value],
					]
				}),
			)
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

	it("says which agent spent what, and who had started it, once and with the session's cost in all", async () => {
		const { project, collect, tailer } = await start()
		const subagents = path.join(project, "s/subagents")
		mkdirSync(subagents, { recursive: true })
		const meta = (id: string, more: object) =>
			writeFileSync(path.join(subagents, `agent-${id}.meta.json`), JSON.stringify({ description: "x", ...more }))
		meta("a", { agentType: "Explore", spawnDepth: 1 })
		meta("b", { agentType: "reviewer", parentAgentId: "a", spawnDepth: 2 })
		const inside = { isSidechain: true, sessionId: "s" }
		writeFileSync(path.join(project, "s.jsonl"), ask(second(0)) + answer("main", 100, second(1)))
		// A subagent that starts from the conversation so far repeats it.
		writeFileSync(
			path.join(subagents, "agent-a.jsonl"),
			answer("main", 100, second(1), inside) + answer("a1", 40, second(2), inside),
		)
		writeFileSync(path.join(subagents, "agent-b.jsonl"), answer("b1", 7, second(3), inside))
		writeFileSync(path.join(subagents, "agent-c.jsonl"), answer("c1", 3, second(3), inside))
		const older = { ...inside, attributionAgent: "Plan" }
		writeFileSync(path.join(subagents, "agent-d.jsonl"), answer("d1", 2, second(3), older))
		const tokens = (counts: ReadonlyMap<string, number>) =>
			Object.fromEntries(
				[...counts].flatMap(([key, value]) => {
					const [, labels] = /^autonomous_session_agent_tokens_total\{(.*),output\}$/.exec(key) ?? []
					return labels ? [[labels, value]] : []
				}),
			)
		const expected = { "main,none": 100, "Explore,main": 40, "reviewer,Explore": 7, "subagent,main": 3, "Plan,main": 2 }
		expect(tokens(await collect())).toEqual(expected)
		appendFileSync(path.join(subagents, "agent-b.jsonl"), answer("b2", 5, second(4), inside))
		const counts = await tailer()()
		expect(tokens(counts)).toEqual({ ...expected, "reviewer,Explore": 12 })
		const cost = [...counts].reduce(
			(sum, [key, value]) => sum + (key.startsWith("autonomous_session_agent_cost_usd_total") ? value : 0),
			0,
		)
		const [session] = await sessions()
		expect(cost).toBeCloseTo(session.cost, 9)
		const { rows } = await pool.query(
			"select agent, parent, tokens::int from telemetry.session_agents where session = 's' order by tokens desc limit 2",
		)
		expect(rows).toEqual([
			{ agent: "main", parent: "none", tokens: 100 },
			{ agent: "Explore", parent: "main", tokens: 40 },
		])
	})

	it("counts a made-up corpus to the token, by agent too, and its cost within half a percent", async () => {
		const corpus = corpusOf(5, 12, NOON - 6 * 3_600_000)
		const measured = await measureTranscripts(corpus, pool, NOON)
		const { transcripts, agents } = corpus.truth
		expect(measured.tokens).toEqual(transcripts.tokens)
		expect(Math.abs(measured.usd / transcripts.usd - 1)).toBeLessThan(0.005)
		const byAgent = new Map(
			[...agents].map(([agent, { tokens }]) => [agent, TOKENS.reduce((sum, type) => sum + tokens[type], 0)] as const),
		)
		expect(new Map([...measured.agents].map(([agent, { tokens }]) => [agent, tokens]))).toEqual(byAgent)
		expect([...measured.agents.values()].reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(measured.usd, 3)
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
		expect(counts.get("autonomous_transcript_unknown_lines_total{telepathy}")).toBe(1)
		expect(counts.get("autonomous_transcript_unpriced_answers_total{model-of-tomorrow}")).toBe(1)
		expect(counts.get("autonomous_session_unpriced_tokens{model-of-tomorrow}")).toBe(3)
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

	it("gives a session of the newest program the tokens and the cost that it printed, with any price table", async () => {
		const newest = path.join(path.dirname(fixture), "2.1.332")
		const printed = JSON.parse(readFileSync(path.join(newest, "result.json"), "utf8"))
		const { project, clock, tailer } = await start()
		clock.advance(-NOON + Date.parse("2026-11-27T13:56:00Z"))
		copyFileSync(path.join(newest, "transcript.jsonl"), path.join(project, `${printed.session_id}.jsonl`))
		const other = parsePrices("prices: [{ model: another, input: 1, output: 1 }]", "p.yaml")
		const counts = await tailer(other)()
		expect(await sessions()).toMatchObject([
			{
				id: printed.session_id,
				model: "claude-opus-5-5",
				input: printed.usage.input_tokens,
				output: printed.usage.output_tokens,
				read: printed.usage.cache_read_input_tokens,
				written: printed.usage.cache_creation_input_tokens,
				cost: printed.total_cost_usd,
				turns: printed.num_turns,
			},
		])
		expect([counts.get("used"), counts.get("unknown_type"), counts.get("malformed")]).toEqual([5, 0, 0])
		expect(counts.has("autonomous_session_unpriced_tokens{claude-opus-5-5}")).toBe(false)
	})

	const costState = (session: string, output: number, costUSD: number) =>
		`${JSON.stringify({
			type: "cost-state",
			sessionId: session,
			totalCostUSD: costUSD,
			modelUsage: { "model-of-tomorrow": { outputTokens: output, costUSD } },
			hasUnknownModelCost: false,
		})}\n`
	const tomorrow = (id: string, output: number, at: string, session = "s") =>
		answer(id, output, at, {
			sessionId: session,
			message: { id, model: "model-of-tomorrow", stop_reason: "end_turn", usage: { output_tokens: output } },
		})

	it("learns the cost of a model without a price as soon as the program says it, and counts it once", async () => {
		const { project, collect, tailer } = await start()
		const file = path.join(project, "s.jsonl")
		const unpriced = "autonomous_session_unpriced_tokens{model-of-tomorrow}"
		writeFileSync(file, tomorrow("a", 100, second(0)))
		expect((await collect()).get(unpriced)).toBe(100)
		expect(await sessions()).toMatchObject([{ output: 100, cost: 0 }])
		appendFileSync(file, costState("s", 100, 2))
		expect((await collect()).get(unpriced)).toBeUndefined()
		expect(await sessions()).toMatchObject([{ cost: 2 }])
		// Resumed twice at once: each process knows of the first answer and of its own.
		appendFileSync(file, tomorrow("b", 50, second(1)) + tomorrow("c", 30, second(2)))
		appendFileSync(file, costState("s", 150, 3) + costState("s", 130, 2.6))
		await tailer()()
		expect(await sessions()).toMatchObject([{ output: 180, cost: 3.6 }])
	})

	it("counts no cost twice when a fork repeats answers and costs of its origin, in any order", async () => {
		for (const first of ["s", "fork"]) {
			await pool.query(
				`truncate observatory.claude_sessions, observatory.transcript_files, observatory.transcript_runs,
				observatory.transcript_messages, observatory.transcript_costs, observatory.transcript_shared`,
			)
			const { project, collect } = await start()
			const write = {
				s: () => writeFileSync(path.join(project, "s.jsonl"), tomorrow("a", 100, second(0)) + costState("s", 100, 2)),
				fork: () =>
					writeFileSync(
						path.join(project, "fork.jsonl"),
						tomorrow("a", 100, second(0), "fork") + tomorrow("b", 50, second(1), "fork") + costState("fork", 150, 3),
					),
			}
			write[first === "s" ? "s" : "fork"]()
			await collect()
			write[first === "s" ? "fork" : "s"]()
			await collect()
			const all = await sessions()
			expect(all.reduce((sum, { output }) => sum + output, 0)).toBe(150)
			expect(all.reduce((sum, { cost }) => sum + cost, 0)).toBeCloseTo(3, 6)
		}
	})

	it("counts of a session that began before it only the cost of its own answers", async () => {
		const { project, collect } = await start()
		const long = new Date(NOON - 25 * 3_600_000).toISOString()
		const lines = tomorrow("a", 900, long) + costState("s", 900, 90) + tomorrow("b", 100, second(0))
		writeFileSync(path.join(project, "s.jsonl"), lines + costState("s", 1000, 100))
		await collect()
		expect(await sessions()).toMatchObject([{ output: 100, cost: 10 }])
	})

	it("prices answers that had no price once the table has it", async () => {
		const { project, collect, tailer } = await start()
		writeFileSync(path.join(project, "s.jsonl"), tomorrow("a", 1_000_000, second(0)))
		await collect()
		const renewed = parsePrices("prices: [{ model: model-of-tomorrow, input: 1, output: 7 }]", "p.yaml")
		expect((await tailer(renewed)()).get("autonomous_session_unpriced_tokens{model-of-tomorrow}")).toBeUndefined()
		expect(await sessions()).toMatchObject([{ cost: 7 }])
	})

	it("reads a file that was rewritten in place from its start, and counts it once", async () => {
		const { project, collect } = await start()
		const file = path.join(project, "s.jsonl")
		writeFileSync(file, answer("b", 5, second(1)))
		await collect()
		// Longer than before, and with a new beginning.
		writeFileSync(file, answer("a", 7, second(0)) + answer("b", 5, second(1)) + answer("c", 1, second(2)))
		await collect()
		expect(await sessions()).toMatchObject([{ id: "s", output: 13 }])
		// Of the same length.
		writeFileSync(file, answer("d", 7, second(0)) + answer("b", 5, second(1)) + answer("c", 1, second(2)))
		await collect()
		expect(await sessions()).toMatchObject([{ id: "s", output: 20 }])
	})

	it("reads the others when a line, a file or a link cannot be read, and reports these", async () => {
		const { project, collect } = await start()
		symlinkSync("self.jsonl", path.join(project, "self.jsonl"))
		symlinkSync("..", path.join(project, "up"))
		const usage = (output: number) => ({ message: { id: `m\0`, model: "m", usage: { output_tokens: output } } })
		writeFileSync(
			path.join(project, "s.jsonl"),
			[
				answer("null", 1, second(0), usage(1)),
				answer("x".repeat(12_000), 1, second(0)),
				answer("much", 1e20, second(0)),
				answer("cost", 1, second(0), { costUSD: 1e300 }),
				answer("good", 4, second(0)),
			].join(""),
		)
		writeFileSync(path.join(project, "t.jsonl"), answer("t", 3, second(0), { sessionId: "t" }))
		const counts = await collect()
		expect([counts.get("malformed"), counts.get("used")]).toEqual([4, 2])
		expect([counts.get("file"), counts.get("folder"), counts.get("autonomous_transcript_files")]).toEqual([1, 1, 2])
		expect(await sessions()).toMatchObject([
			{ id: "s", output: 4 },
			{ id: "t", output: 3 },
		])
	})

	it("does not keep a session running because of a line from the future", async () => {
		const { project, clock, collect } = await start()
		writeFileSync(path.join(project, "s.jsonl"), answer("a", 5, "2099-01-01T00:00:00Z"))
		await collect()
		clock.advance(IDLE_MS)
		await collect()
		expect(await sessions()).toMatchObject([{ status: "completed", ended_at: new Date(NOON) }])
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
