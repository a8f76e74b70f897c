import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { fault, quiet, type World } from "../scenario.ts"

/** Lines of a transcript of Claude Code, each some seconds after the one before. */
function transcript(world: World, session: string, lines: readonly object[], startedAt: number, stepMs: number): void {
	const text = lines.map((line, i) =>
		JSON.stringify({
			...line,
			sessionId: session,
			uuid: `${session}-${i}`,
			timestamp: new Date(startedAt + i * stepMs).toISOString(),
		}),
	)
	appendFileSync(join(world.transcripts, `${session}.jsonl`), `${text.join("\n")}\n`)
}

const prompt = { type: "user", message: { role: "user", content: "Repair the tests." } }
const assistant = (id: string, stop_reason: "tool_use" | "end_turn", content: object) => ({
	type: "assistant",
	requestId: `request-${id}`,
	message: {
		id: `message-${id}`,
		role: "assistant",
		model: "claude-sonnet-4-5",
		stop_reason,
		content: [content],
		usage: { input_tokens: 10, output_tokens: 5 },
	},
})
const call = (id: string, name: string, input: object) =>
	assistant(id, "tool_use", { type: "tool_use", id, name, input })
const result = (id: string, content: string) => ({
	type: "user",
	message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content }] },
})
const answer = (id: string) => assistant(id, "end_turn", { type: "text", text: "Done." })

const WAIT_MS = 300_000

/** A session's row as an application writes it. */
export const sessionRow = (world: World, status: "completed" | "failed", costUsd = 0) =>
	world.monitored(
		`insert into observatory.claude_sessions (id, source, status, model, started_at, ended_at, input_tokens, output_tokens, cost_usd)
			values ('drill-' || gen_random_uuid(), 'drill', $1, 'claude-sonnet-4-5', now() - interval '1 minute', now(), 10, 10, $2)`,
		[status, costUsd],
	)

/** Sessions that run already still succeed: the first failure of a later one is the first that anything can see. */
async function firstFailure(world: World, from: Date): Promise<Date> {
	for (;;) {
		const [row] = await world.monitored(
			`select min(ended_at) as at from observatory.claude_sessions
				where source = 'demo' and status in ('failed', 'timeout') and started_at > $1`,
			[from],
		)
		if (row?.at instanceof Date) return row.at
		await world.sleep(1_000)
	}
}

export const SESSIONS = [
	fault({
		name: "sessions-failing",
		about: "Every autonomous session fails from now on.",
		breaks: ["sessions"],
		uses: ["exporters", "database"],
		alongside: ["autonomous_session_failure_spike"],
		expects: [{ alert: "sessions_all_failing" }],
		async inject(world) {
			const from = new Date()
			await world.demo("break", "sessions")
			return firstFailure(world, from)
		},
		repair: async (world) => void (await world.demo("repair", "sessions")),
	}),
	fault({
		name: "session-waiting",
		about: "A session asks a person a question, and no one answers.",
		breaks: ["transcripts"],
		uses: ["exporters"],
		expects: [{ alert: "session_waiting" }],
		async inject(world) {
			// It counts from the question, and has waited for four of its five minutes.
			const startedAt = Date.now() - 240_000
			transcript(
				world,
				"drill-waiting",
				[prompt, call("q", "AskUserQuestion", { questions: ["a or b?"] })],
				startedAt,
				1_000,
			)
			return new Date(startedAt + WAIT_MS)
		},
		repair: async (world) => transcript(world, "drill-waiting", [result("q", "a"), answer("q2")], Date.now(), 1_000),
	}),
	fault({
		name: "session-looping",
		about: "A session makes the same call with the same result again and again.",
		breaks: ["transcripts"],
		uses: ["exporters"],
		expects: [{ alert: "session_looping", remediation: "shadowed" }],
		async inject(world) {
			const calls = Array.from({ length: 12 }, (_, i) => [
				call(`c${i}`, "Bash", { command: "npm test" }),
				result(`c${i}`, "1 failed"),
			]).flat()
			transcript(world, "drill-looping", [prompt, ...calls], Date.now() - 30_000, 1_000)
			return undefined
		},
		repair: async (world) => transcript(world, "drill-looping", [answer("end")], Date.now(), 1_000),
	}),
	quiet({
		name: "one-session-failed",
		about: "One session fails, of few.",
		breaks: ["sessions"],
		uses: ["exporters", "database"],
		run: async (world) => void (await sessionRow(world, "failed")),
		watchMs: 300_000,
	}),
	quiet({
		name: "slow-night",
		about: "For six minutes there is no work: people have paused the sessions, and resume them.",
		breaks: ["sessions"],
		uses: ["exporters", "database"],
		async run(world) {
			await world.webhook.post("/api/control/pause", { reason: "a drill" })
			await world.sleep(360_000)
			await world.webhook.post("/api/control/resume", { reason: "the drill has ended" })
		},
		watchMs: 60_000,
	}),
]
