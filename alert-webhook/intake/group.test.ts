import { setTimeout as sleep } from "node:timers/promises"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Groups } from "./group.ts"

const keysOf = (item: string) => item.match(/[A-D]/g) ?? []
const turn = () => new Promise((resolve) => setImmediate(resolve))

/**
 * Groups of texts, each taking a moment; the weight of a text is its length, its capital letters are what it is about,
 * and `bad` cannot be worked on.
 */
function groups({ retry = true, most = 100, lanes = 1 } = {}) {
	const worked: string[][] = []
	const made = new Groups<string>({
		async work(items) {
			await sleep(5)
			if (items.includes("bad")) throw new Error("bad")
			worked.push([...items])
		},
		retryAlone: () => retry,
		weigh: (item) => item.length,
		keys: keysOf,
		most,
		lanes,
	})
	return { made, worked }
}

describe("groups", () => {
	it("work on what arrives together at once, and on what arrives meanwhile next", async () => {
		const { made, worked } = groups()
		const first = [made.add("a"), made.add("b")]
		await sleep(2)
		const second = [made.add("c"), made.add("d")]
		await Promise.all([...first, ...second])
		expect(worked).toEqual([
			["a", "b"],
			["c", "d"],
		])
	})

	it("are no heavier than allowed, unless one item alone is", async () => {
		const { made, worked } = groups({ most: 4 })
		await Promise.all(["aa", "bb", "c", "dddddd", "e"].map((item) => made.add(item)))
		expect(worked).toEqual([["aa", "bb"], ["c"], ["dddddd"], ["e"]])
	})

	it("are worked on a few at a time", async () => {
		const { made, worked } = groups({ lanes: 2 })
		const all = [made.add("a")]
		await sleep(1)
		all.push(made.add("b"))
		await sleep(1)
		all.push(made.add("c"), made.add("d"))
		await Promise.all(all)
		expect(worked).toEqual([["a"], ["b"], ["c", "d"]])
	})

	it("keep the order of what is about the same thing, and do not hold up the rest", async () => {
		const { made, worked } = groups({ lanes: 3 })
		const all = [made.add("A1")]
		await sleep(1)
		all.push(made.add("AB2"), made.add("B3"), made.add("C4"))
		await Promise.all(all)
		expect(worked).toEqual([["A1"], ["C4"], ["AB2", "B3"]])
	})

	it("settle everything, and in order what is about the same thing, whatever arrives when and whatever is bad", async () => {
		const input = fc.record({ keys: fc.stringMatching(/^[A-D]{0,2}$/), pause: fc.boolean(), bad: fc.boolean() })
		await fc.assert(
			fc.asyncProperty(fc.array(input), fc.integer({ min: 1, max: 4 }), async (inputs, lanes) => {
				const running = new Set<string>()
				const together: string[] = []
				const done: string[] = []
				const made = new Groups<string>({
					async work(items) {
						const keys = new Set(items.flatMap(keysOf))
						for (const key of keys) if (running.has(key)) together.push(key)
						for (const key of keys) running.add(key)
						await turn()
						for (const key of keys) running.delete(key)
						if (items.some((item) => item.endsWith("!"))) throw new Error("bad")
						done.push(...items)
					},
					retryAlone: () => true,
					weigh: () => 1,
					keys: keysOf,
					most: 3,
					lanes,
				})
				const items = inputs.map(({ keys, bad }, i) => `${keys}${i}${bad ? "!" : ""}`)
				const all: Promise<boolean>[] = []
				for (const [i, item] of items.entries()) {
					const worked = made.add(item).then(
						() => true,
						() => false,
					)
					all.push(worked)
					if (inputs[i]?.pause) await turn()
				}
				expect(await Promise.all(all)).toEqual(inputs.map(({ bad }) => !bad))
				expect(together).toEqual([])
				for (const key of "ABCD") {
					const about = (some: readonly string[]) => some.filter((item) => item.includes(key))
					expect(about(done)).toEqual(about(items).filter((item) => !item.endsWith("!")))
				}
			}),
			{ numRuns: 200 },
		)
	})

	it("fail only what is bad itself", async () => {
		const { made, worked } = groups()
		const results = await Promise.allSettled(["a", "bad", "b"].map((item) => made.add(item)))
		expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"])
		expect(worked).toEqual([["a"], ["b"]])
	})

	it("fail together when trying again is of no use, and go on with what comes later", async () => {
		const { made, worked } = groups({ retry: false })
		const results = await Promise.allSettled(["a", "bad"].map((item) => made.add(item)))
		expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"])
		await made.add("later")
		expect(worked).toEqual([["later"]])
	})
})
