import { setTimeout as sleep } from "node:timers/promises"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Groups } from "./group.ts"

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Groups of texts, each with some delay; the weight of a text is its length, and `bad` fails. */
function groups({ retry = true, most = 100 } = {}) {
	const worked: string[][] = []
	const made = new Groups<string>({
		async work(items) {
			await sleep(5)
			if (items.includes("bad")) throw new Error("bad")
			worked.push([...items])
		},
		retryAlone: () => retry,
		weigh: (item) => item.length,
		most,
	})
	return { made, worked }
}

describe("groups", () => {
	it("work on items that arrive together at once, and on later ones next", async () => {
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

	it("are no heavier than the limit, unless a single item is", async () => {
		const { made, worked } = groups({ most: 4 })
		await Promise.all(["aa", "bb", "c", "dddddd", "e"].map((item) => made.add(item)))
		expect(worked).toEqual([["aa", "bb"], ["dddddd"], ["c", "e"]])
	})

	it("let light items past several heavy ones, and every heavy one have its turn", async () => {
		const { made, worked } = groups({ most: 4 })
		await Promise.all(["heavy1", "heavy2", "heavy3", "a", "bb", "cc"].map((item) => made.add(item)))
		expect(worked).toEqual([["a", "bb"], ["heavy1"], ["cc"], ["heavy2"], ["heavy3"]])
	})

	it("settle every item, one group at a time and in order, for any arrivals and failures", async () => {
		const input = fc.record({ pause: fc.boolean(), bad: fc.boolean() })
		await fc.assert(
			fc.asyncProperty(fc.array(input), async (inputs) => {
				let running = 0
				const done: number[] = []
				const made = new Groups<number>({
					async work(items) {
						expect(++running).toBe(1)
						await turn()
						running--
						if (items.some((i) => inputs[i]?.bad)) throw new Error("bad")
						done.push(...items)
					},
					retryAlone: () => true,
					weigh: () => 1,
					most: 3,
				})
				const all: Promise<boolean>[] = []
				for (const [i, { pause }] of inputs.entries()) {
					const worked = made.add(i).then(
						() => true,
						() => false,
					)
					all.push(worked)
					if (pause) await turn()
				}
				expect(await Promise.all(all)).toEqual(inputs.map(({ bad }) => !bad))
				expect(done).toEqual([...inputs.keys()].filter((i) => !inputs[i]?.bad))
			}),
			{ numRuns: 200 },
		)
	})

	it("fail only the bad items", async () => {
		const { made, worked } = groups()
		const results = await Promise.allSettled(["a", "bad", "b"].map((item) => made.add(item)))
		expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"])
		expect(worked).toEqual([["a"], ["b"]])
	})

	it("fail together when a retry is of no use, and continue with later items", async () => {
		const { made, worked } = groups({ retry: false })
		const results = await Promise.allSettled(["a", "bad"].map((item) => made.add(item)))
		expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"])
		await made.add("later")
		expect(worked).toEqual([["later"]])
	})
})
