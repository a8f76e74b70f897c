import { describe, expect, it } from "vitest"
import { seeded } from "../../../test/fuzz/random.ts"
import { compareUsage, type SessionUsage, type Side } from "./compare.ts"
import { SLOT_MS } from "./recorder.ts"

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = Date.parse("2026-03-02T00:00:00Z")

interface Use {
	readonly at: number
	readonly tokens: number
}
interface Session {
	readonly answers: readonly Use[]
	/** By the time of their arrival. */
	readonly telemetry: readonly Use[]
}

/** Sessions of a week of work: long and short ones, breaks within them, and requests that no transcript shows. */
function week(seed: number, lost: number): Session[] {
	const random = seeded(seed)
	const sessions: Session[] = []
	for (let day = 0; day < 7; day++)
		for (let i = 0; i < 12; i++) {
			let at = START + day * 24 * HOUR + (8 + random.below(10)) * HOUR + random.below(60) * MINUTE
			const exportsAt = random.below(60) * 1_000
			const answers: Use[] = []
			const telemetry: Use[] = []
			for (let turn = 0; turn < 5 + random.below(80); turn++) {
				at += random.percent(3) ? 40 * MINUTE : 1_000 + random.below(90_000)
				const tokens = 200 + random.below(60_000)
				answers.push({ at, tokens })
				// The next export of each minute, and its way here.
				const arrivesAt = Math.floor((at - exportsAt) / MINUTE + 1) * MINUTE + exportsAt + 2_000
				const title = turn === 0 ? 320 : 0
				if (!random.percent(lost)) telemetry.push({ at: arrivesAt, tokens: tokens + title })
			}
			sessions.push({ answers, telemetry })
		}
	return sessions
}

/** One source of a session at `now`, as the tables have it. */
function side(uses: readonly Use[], now: number, isSettled: (use: Use) => boolean): Side | undefined {
	const seen = uses.filter(({ at }) => at <= now && at > now - 24 * HOUR)
	const sum = (some: readonly Use[]) => some.reduce((total, { tokens }) => total + tokens, 0)
	if (seen.length === 0) return undefined
	return { tokens: sum(seen), settledTokens: sum(seen.filter(isSettled)), lastAt: seen.at(-1)?.at ?? 0 }
}

/** How often the reconciliation's alerts are pending in a week, looked at every five minutes. */
function pending(sessions: readonly Session[]) {
	let [silent, differs] = [0, 0]
	for (let now = START; now < START + 7 * 24 * HOUR; now += 5 * MINUTE) {
		const settledSlot = Math.floor(now / SLOT_MS) * SLOT_MS - 2 * SLOT_MS
		const usage = sessions.flatMap(({ answers, telemetry }, i): SessionUsage[] => {
			const sides = {
				telemetry: side(telemetry, now, ({ at }) => at < settledSlot),
				// Transcripts are read every ten seconds.
				transcripts: side(answers, now - 10_000, ({ at }) => at < now - 3 * MINUTE),
			}
			return sides.telemetry || sides.transcripts ? [{ session: String(i), ...sides }] : []
		})
		const { silent: of, missing, tokens } = compareUsage(usage, now)
		if (of.telemetry > 0 || of.transcripts > 0) silent++
		// As in prometheus/alerts.yaml, usage_differs.
		if (
			missing.telemetry > 10_000 + 0.02 * tokens.transcripts ||
			missing.transcripts > 10_000 + 0.25 * tokens.telemetry
		)
			differs++
	}
	return { silent, differs }
}

describe("a week of telemetry and transcripts", () => {
	it.each([1, 2, 3])("raises nothing while both come (%i)", (seed) => {
		expect(pending(week(seed, 0))).toEqual({ silent: 0, differs: 0 })
	})

	it("raises the difference when exports are lost", () => {
		expect(pending(week(1, 10)).differs).toBeGreaterThan(0)
	})
})
