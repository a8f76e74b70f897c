import { expect, it } from "vitest"
import { systemClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { receiverFor } from "../../test/support/otlp-receiver.ts"
import { seededRandom } from "../work/random.ts"
import { planSession } from "../work/session-plan.ts"
import { startClaudeCodeTelemetry } from "./claude-code.ts"

it("reports the tokens, cost and requests of its sessions to a real receiver, which understands all of it", async () => {
	const { receiver, samples } = await receiverFor("json")
	const options = { endpoint: receiver.url, token: undefined, clock: systemClock, log: silentLogger, seed: 3 }
	const telemetry = startClaudeCodeTelemetry(options)
	const random = seededRandom(5)
	const plans = Array.from({ length: 40 }, () => planSession(random, "healthy"))
	for (const plan of plans) {
		telemetry.sessionStarted()
		for (const turn of plan.turns) telemetry.turnEnded(plan, turn)
		telemetry.sessionEnded(plan)
	}
	await telemetry.close()

	const found = [...(await samples())]
	const total = (name: string, label = "") =>
		found
			.filter(([series]) => series.startsWith(`autonomous_claude_code_${name}`) && series.includes(label))
			.reduce((sum, [, value]) => sum + value, 0)
	const turns = plans.flatMap((plan) => plan.turns)
	const cacheRead = turns.reduce((sum, { usage }) => sum + usage.cacheRead, 0)
	expect(total("sessions_started_total")).toBe(plans.length)
	expect(total("prompts_total")).toBe(plans.length)
	expect(total("tokens_total", 'type="cache_read"')).toBe(cacheRead)
	expect(total("cost_usd_total")).toBeCloseTo(turns.reduce((sum, { costUsd }) => sum + costUsd, 0))
	expect(total("api_requests_total")).toBe(turns.length)
	expect(total("hooks_total", 'result="success"')).toBe(turns.length)
	const sometimes = ["tool_results_total", "edit_decisions_total", "lines_of_code_total", "commits_total"]
	expect(sometimes.filter((name) => total(name) === 0)).toEqual([])
	const unknown = found.filter(([series, value]) => /telemetry_(?:unknown|unusable)/.test(series) && value > 0)
	expect(unknown).toEqual([])
})
