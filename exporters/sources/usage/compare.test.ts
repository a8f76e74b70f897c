import { describe, expect, it } from "vitest"
import { compareUsage, type SessionUsage, type Side } from "./compare.ts"

const MINUTE = 60_000
const NOW = Date.parse("2026-03-02T12:00:00Z")

/** `tokens`, all of them settled unless said, last `ago` minutes before now. */
const side = (tokens: number, ago: number, settledTokens = tokens): Side => ({
	tokens,
	settledTokens,
	lastAt: NOW - ago * MINUTE,
})
const usage = (telemetry: Side | undefined, transcripts: Side | undefined, session = "s"): SessionUsage => ({
	session,
	telemetry,
	transcripts,
})
/** A session that shows that telemetry is set up. */
const paired = usage(side(10, 600), side(10, 600), "paired")

describe("compareUsage", () => {
	it.each<[string, SessionUsage, string | undefined]>([
		["equal and quiet", usage(side(100, 60), side(100, 61)), undefined],
		["telemetry that is on its way", usage(side(50, 2), side(100, 1, 50)), undefined],
		["telemetry of a session that has just started", usage(undefined, side(100, 2, 0)), undefined],
		["telemetry that stopped in a session that continues", usage(side(50, 5), side(100, 0.5, 90)), "telemetry"],
		["telemetry that stopped before the last answer", usage(side(50, 9), side(100, 4)), "telemetry"],
		["telemetry that never came", usage(undefined, side(100, 4)), "telemetry"],
		["telemetry that stopped yesterday", usage(side(50, 1_000), side(100, 900)), undefined],
		["transcripts that are a minute behind", usage(side(100, 1, 50), side(50, 2)), undefined],
		["transcripts that stopped in a session that continues", usage(side(100, 0.5), side(50, 6)), "transcripts"],
		["a session whose transcript is elsewhere", usage(side(100, 1), undefined), undefined],
	])("names the silent source: %s", (_, session, silent) => {
		expect(compareUsage([paired, session], NOW).silent).toEqual({
			telemetry: silent === "telemetry" ? 1 : 0,
			transcripts: silent === "transcripts" ? 1 : 0,
		})
	})

	it("compares nothing where telemetry is not set up, or transcripts are not read", () => {
		const alone = { silent: { telemetry: 0, transcripts: 0 }, missing: { telemetry: 0, transcripts: 0 } }
		expect(compareUsage([usage(undefined, side(100, 4))], NOW)).toMatchObject(alone)
		expect(compareUsage([usage(side(100, 1), undefined)], NOW)).toMatchObject(alone)
	})

	it("adds up what each source lacks, by session, and nothing that may still come", () => {
		const sessions = [
			usage(side(70, 60), side(100, 61), "lost export"),
			usage(side(120, 60), side(100, 61), "requests without a transcript"),
			usage(side(50, 2), side(100, 1, 50), "on its way"),
			usage(side(900, 2), undefined, "elsewhere"),
		]
		expect(compareUsage(sessions, NOW)).toMatchObject({
			missing: { telemetry: 30, transcripts: 20 },
			tokens: { telemetry: 240, transcripts: 300 },
		})
	})

	it("finds nothing at any minute of a week of normal work", () => {
		/** Answers of 8 hours a day, one session an hour; telemetry arrives each minute, transcripts are read every ten seconds. */
		const answers = Array.from({ length: 7 * 8 * 60 }, (_, i) => {
			const minute = Math.floor(i / 480) * 1_440 + (i % 480)
			return { session: String(Math.floor(i / 60)), at: minute * MINUTE + (i % 7) * 5_000, tokens: 100 + (i % 13) }
		})
		for (let now = MINUTE; now < 7 * 1_440 * MINUTE; now += 7 * MINUTE + 11_000) {
			const recent = answers.filter(({ at }) => at <= now && at > now - 3 * 60 * MINUTE)
			const names = [...new Set(recent.map(({ session }) => session))]
			const sessions = names.map((session) => {
				const own = recent.filter((answer) => answer.session === session)
				const sum = (until: number) => own.reduce((n, { at, tokens }) => n + (at < until ? tokens : 0), 0)
				const exported = Math.floor(now / MINUTE) * MINUTE
				const arrived = own.filter(({ at }) => at < exported)
				const lastExport = Math.ceil(((arrived.at(-1)?.at ?? 0) + 1) / MINUTE) * MINUTE
				return usage(
					arrived.length === 0
						? undefined
						: { tokens: sum(exported), settledTokens: sum(now - 10 * MINUTE), lastAt: lastExport },
					{ tokens: sum(now), settledTokens: sum(now - 3 * MINUTE), lastAt: own.at(-1)?.at ?? 0 },
					session,
				)
			})
			const { silent, missing } = compareUsage(sessions, now)
			expect({ now, silent, missing }).toEqual({
				now,
				silent: { telemetry: 0, transcripts: 0 },
				missing: { telemetry: 0, transcripts: 0 },
			})
		}
	})
})
