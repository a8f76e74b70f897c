import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Answers, type Counted, keyOf } from "./reconcile.ts"

const row = (message: string, request: string, output: number, sidechain = false): Counted => ({
	message,
	request,
	sidechain,
	agent: undefined,
	parent: undefined,
	output,
	run: "r",
	model: "m",
	input: 0,
	cacheRead: 0,
	cacheCreation: 0,
	cacheWrite1h: 0,
	webSearches: 0,
	speed: undefined,
	tier: undefined,
	statedUsd: undefined,
	listUsd: undefined,
	at: new Date(0),
})

/** The counted answers after adding rows in batches, each batch on the stored result of the former ones. */
function count(...batches: Counted[][]): Counted[] {
	const stored = new Map<string, Counted>()
	for (const batch of batches) {
		const messages = new Set(batch.map(({ message }) => message))
		const answers = new Answers([...stored.values()].filter(({ message }) => messages.has(message)))
		for (const added of batch) answers.add(added)
		const { upserts, deletes } = answers.changes()
		for (const gone of deletes) stored.delete(keyOf(gone))
		for (const kept of upserts) stored.set(keyOf(kept), kept)
	}
	return [...stored.values()]
}
const sum = (rows: readonly Counted[]) => rows.reduce((total, { output }) => total + output, 0)

describe("answers that transcripts repeat", () => {
	it("count once by message and request, with the most tokens seen", () => {
		expect(sum(count([row("a", "1", 5), row("a", "1", 9)], [row("a", "1", 7)]))).toBe(9)
	})

	it("count for each request", () => {
		expect(sum(count([row("a", "1", 5), row("a", "2", 7)]))).toBe(12)
	})

	it("count in the main conversation when a subagent replays them, whichever is read first", () => {
		expect(sum(count([row("a", "1", 5)], [row("a", "2", 50, true)]))).toBe(5)
		expect(sum(count([row("a", "2", 50, true)], [row("a", "1", 5)]))).toBe(5)
		expect(sum(count([row("a", "", 50, true), row("a", "", 5)]))).toBe(5)
	})

	it("count once among subagents, by the message alone", () => {
		expect(sum(count([row("a", "1", 5, true), row("a", "2", 6, true)]))).toBe(6)
	})

	it("stay with the run that counted them first", () => {
		const [kept] = count([{ ...row("a", "1", 5), run: "first" }], [{ ...row("a", "1", 9), run: "second" }])
		expect(kept).toMatchObject({ run: "first", output: 9 })
	})

	it("add up the same in any order and in any batches", () => {
		const rows = fc.array(
			fc.record({
				message: fc.constantFrom("a", "b"),
				request: fc.constantFrom("", "1", "2"),
				output: fc.nat(9),
				sidechain: fc.boolean(),
			}),
			{ maxLength: 12 },
		)
		fc.assert(
			fc.property(rows, fc.nat(12), fc.infiniteStream(fc.nat()), (specs, cut, order) => {
				const all = specs.map(({ message, request, output, sidechain }) => row(message, request, output, sidechain))
				const shuffled = all
					.map((item) => ({ item, at: order.next().value }))
					.sort((a, b) => a.at - b.at)
					.map(({ item }) => item)
				const truth = ["a", "b"].flatMap((message) => {
					const same = all.filter((one) => one.message === message)
					const main = same.filter(({ sidechain }) => !sidechain)
					const largest = (group: readonly Counted[]) => Math.max(0, ...group.map(({ output }) => output))
					if (main.length === 0) return largest(same)
					return ["", "1", "2"].map((request) => largest(main.filter((one) => one.request === request)))
				})
				expect(sum(count(shuffled.slice(0, cut), shuffled.slice(cut)))).toBe(truth.reduce((total, n) => total + n, 0))
			}),
			{ numRuns: 500 },
		)
	})
})
