import { describe, expect, it } from "vitest"
import { decide } from "./decide.ts"
import type { SessionEvent } from "./event.ts"
import { MOST_CALLS, newMemory, remember } from "./memory.ts"

type Deed = SessionEvent extends infer E ? (E extends SessionEvent ? Omit<E, "session" | "at"> : never) : never

const SECOND = 1_000
const MINUTE = 60 * SECOND
const memoryOf = (deeds: readonly (readonly [at: number, deed: Deed])[]) =>
	deeds.reduce(
		(memory, [at, deed]) => remember(memory, { session: "s", at, ...deed } as SessionEvent),
		newMemory(deeds[0]?.[0] ?? 0),
	)

const call = (id: string, tool = "Bash", input = id): Deed => ({
	kind: "call",
	id,
	tool,
	input,
	allowedMs: 2 * MINUTE,
	question: false,
})
const result = (id: string, output: string, failed = false): Deed => ({
	kind: "result",
	id,
	tool: "",
	failed,
	output,
	input: undefined,
	exact: true,
})
const decision = (id: string): Deed => ({ kind: "decision", id, tool: "Bash" })

/** Equal calls with equal results, one a second. */
const repeated = (times: number, failed = false) =>
	Array.from({ length: times }, (_, i) => [
		[i * SECOND, call(`${i}`, "Bash", "same")] as const,
		[i * SECOND + 500, result(`${i}`, "same", failed)] as const,
	]).flat()

describe("decide", () => {
	it("has a session at work since its prompt, and idle since its answer", () => {
		expect(decide(memoryOf([[5, { kind: "prompt" }]]), 10)).toEqual({ state: "working", since: 5 })
		const ended = memoryOf([
			[5, { kind: "prompt" }],
			[9, { kind: "end" }],
		])
		expect(decide(ended, 9 + 60 * MINUTE)).toEqual({ state: "idle", since: 9 })
	})

	it.each([
		["a call that may run for two minutes", [call("a")], 3 * MINUTE],
		["a call whose source reports decisions", [decision("z"), result("z", ""), call("a")], MINUTE],
	] satisfies [string, Deed[], number][])("waits for a person: %s, silent for longer", (_, deeds, limit) => {
		const memory = memoryOf(deeds.map((deed) => [1, deed]))
		expect(decide(memory, 1 + limit).state).toBe("working")
		expect(decide(memory, 2 + limit)).toEqual({ state: "waiting", since: 1 })
	})

	it("does not wait for a call that was permitted: it hangs, once its time has passed by five minutes", () => {
		const memory = memoryOf([
			[1, call("a")],
			[1, decision("a")],
		])
		expect(decide(memory, 1 + 7 * MINUTE).state).toBe("working")
		expect(decide(memory, 2 + 7 * MINUTE)).toEqual({ state: "hung", since: 1 })
	})

	it("ends to wait when the call runs after all", () => {
		const memory = memoryOf([
			[1, call("a")],
			[10 * MINUTE, result("a", "done")],
		])
		expect(decide(memory, 10 * MINUTE + 1).state).toBe("working")
	})

	it("loops from the sixth equal call with an equal result on, since the first", () => {
		expect(decide(memoryOf(repeated(5)), 6 * SECOND).state).toBe("working")
		expect(decide(memoryOf(repeated(6)), 6 * SECOND)).toEqual({ state: "looping", since: 0 })
	})

	it("loops no more once a call is another one, or a prompt asks for it", () => {
		const other = [[7 * SECOND, call("x")] as const, [8 * SECOND, result("x", "new")] as const]
		expect(decide(memoryOf([...repeated(6), ...other]), 9 * SECOND).state).toBe("working")
		expect(decide(memoryOf([...repeated(6), [7 * SECOND, { kind: "prompt" }]]), 9 * SECOND).state).toBe("working")
	})

	it("fails, rather than loops, when equal calls fail, and recovers with the first success", () => {
		expect(decide(memoryOf(repeated(6, true)), 6 * SECOND)).toEqual({ state: "failing", since: 0 })
		const recovered = [[7 * SECOND, call("x", "Bash", "same")] as const, [8 * SECOND, result("x", "ok")] as const]
		expect(decide(memoryOf([...repeated(6, true), ...recovered]), 9 * SECOND).state).toBe("working")
	})

	it("fails for requests to the model only after a minute of them", () => {
		const errors = (distance: number) =>
			memoryOf([
				[0, { kind: "prompt" }],
				...Array.from({ length: 6 }, (_, i) => [i * distance, { kind: "api_error" }] as const),
			])
		expect(decide(errors(5 * SECOND), 30 * SECOND).state).toBe("working")
		expect(decide(errors(20 * SECOND), 101 * SECOND)).toEqual({ state: "failing", since: 0 })
	})
})

describe("remember", () => {
	it("counts what two sources or two deliveries say once", () => {
		const once = memoryOf(repeated(5))
		const twice = memoryOf([...repeated(5), ...repeated(5)])
		expect(twice.calls).toHaveLength(5)
		expect(decide(twice, 6 * SECOND)).toEqual(decide(once, 6 * SECOND))
	})

	it("keeps the exact result, whichever source is first", () => {
		const sized: Deed = { ...(result("a", "3 bytes") as Extract<Deed, { kind: "result" }>), exact: false }
		for (const deeds of [
			[call("a"), sized, result("a", "text")],
			[call("a"), result("a", "text"), sized],
		])
			expect(memoryOf(deeds.map((deed, i) => [i, deed])).calls).toMatchObject([{ output: "text", exact: true }])
	})

	it("never holds more calls than its bound, and holds the latest", () => {
		const { calls } = memoryOf(Array.from({ length: 500 }, (_, i) => [i, call(`${i}`)] as const))
		expect(calls).toHaveLength(MOST_CALLS)
		expect(calls.at(-1)?.id).toBe("499")
	})

	it("keeps a turn ended although telemetry of it arrives later", () => {
		const memory = memoryOf([
			[1, { kind: "prompt" }],
			[2, call("a")],
			[3, result("a", "ok")],
			[9, { kind: "end" }],
			[3, decision("a")],
			[8, { kind: "answered" }],
		])
		expect(decide(memory, 60 * MINUTE).state).toBe("idle")
	})
})
