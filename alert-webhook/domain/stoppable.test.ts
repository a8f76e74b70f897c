import { describe, expect, it } from "vitest"
import { compareStoppable, type GateAnswer, type SeenSession } from "./stoppable.ts"

const now = 1_000_000
const ago = (seconds: number) => now - seconds * 1000
const host = (change: Partial<GateAnswer> = {}): GateAnswer => ({
	kind: "host",
	id: "ci-1",
	host: "ci-1",
	answeredAt: ago(5),
	problem: null,
	...change,
})
const answered = (seconds: number): GateAnswer => ({ ...host({ kind: "session", id: "s1" }), answeredAt: ago(seconds) })
const session = (started: number, active: number): SeenSession => ({
	id: "s1",
	source: "transcript",
	startedAt: ago(started),
	activeAt: ago(active),
})
const compare = (
	sessions: readonly SeenSession[],
	answers: readonly GateAnswer[],
	unreadable: readonly string[] = [],
) => compareStoppable({ sessions, answers, unreadable, now })

describe("who would not stop", () => {
	it.each<[string, readonly SeenSession[], readonly GateAnswer[]]>([
		["nothing is seen", [], []],
		["a host and its session answered", [session(600, 1)], [host(), answered(30)]],
		["a session has just started", [session(20, 1)], [host()]],
		["a model writes for two minutes without a tool", [session(600, 1)], [host(), answered(120)]],
		["an idle session answered long ago", [session(9000, 8000)], [host(), answered(8010)]],
	])("is no one when %s", (_, sessions, answers) => {
		expect(compare(sessions, answers)).toMatchObject({ ratio: 1, outside: [] })
	})

	it.each<[string, readonly SeenSession[], readonly GateAnswer[], number, RegExp]>([
		["a host whose hook is gone", [], [host({ problem: "no hook" })], 0, /^host ci-1: no hook/],
		["a host that is silent", [], [host({ answeredAt: ago(25) })], 0, /not answered for 25 s/],
		["a host that never answered", [], [host({ answeredAt: undefined })], 0, /never answered/],
		["a session without hooks", [session(40, 1)], [host()], 0.5, /^session s1: transcript shows it, and no gate/],
		["a session whose hook is gone", [session(900, 1)], [host(), answered(300)], 0.5, /active 299 s after/],
		["a session on a silent host", [session(60, 1)], [host({ problem: "x" }), answered(5)], 0, /host ci-1 does not/],
	])("is %s", (_, sessions, answers, ratio, said) => {
		const found = compare(sessions, answers)
		expect(found.ratio).toBe(ratio)
		expect(found.outside.map(({ kind, id, reason }) => `${kind} ${id}: ${reason}`).join("\n")).toMatch(
			new RegExp(said.source, "m"),
		)
	})

	it("counts a database that cannot be read as one, because its sessions are not known", () => {
		expect(compare([session(600, 1)], [host(), answered(5)], ["the database is down"])).toMatchObject({
			ratio: 2 / 3,
			outside: [{ kind: "source", reason: "the database is down" }],
		})
	})
})
