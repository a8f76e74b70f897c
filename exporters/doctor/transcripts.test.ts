import { copyFileSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { renderFindings } from "./finding.ts"
import { examinePrices, examineTranscripts } from "./transcripts.ts"

const NEWEST = path.join(import.meta.dirname, "../../test/fixtures/claude-code/2.1.332/transcript.jsonl")
const NOW = Date.UTC(2026, 10, 30)
let root = ""
let prices = ""
beforeEach(() => {
	root = mkdtempSync(path.join(tmpdir(), "observatory-doctor-"))
	mkdirSync(path.join(root, "p"))
	prices = path.join(root, "prices.yaml")
	writeFileSync(
		prices,
		"as_of: 2026-11-01\nsource: the vendor\nprices: [{ model: claude-opus-4-8, input: 5, output: 25 }]",
	)
})
afterEach(() => rm(root, { recursive: true }))

const write = (name: string, ...lines: object[]) =>
	writeFileSync(path.join(root, "p", name), lines.map((line) => `${JSON.stringify(line)}\n`).join(""))
const answer = (id: string, model: string, output: number) => ({
	type: "assistant",
	sessionId: "s",
	timestamp: "2026-11-29T00:00:00Z",
	message: { id, model, usage: { output_tokens: output } },
})
const pricesReport = async (now = NOW) => renderFindings(await examinePrices(prices, root, {}, now))

describe("the doctor's look at transcripts", () => {
	it("names line types that are not known, with their number, and what cannot be read", async () => {
		write("a.jsonl", { type: "telepathy" }, { type: "telepathy" }, { type: "dream" }, { type: 3 })
		symlinkSync("self.jsonl", path.join(root, "p/self.jsonl"))
		const report = renderFindings(await examineTranscripts(root, {}))
		expect(report).toContain(`ok       1 transcripts in ${root}`)
		expect(report).toContain("lines of types that are not known: telepathy (2), dream (1)")
		expect(report).toContain("1 malformed lines are left out")
		expect(report).toContain(`${root}/p/self.jsonl is left out: the link leads to itself`)
	})

	it("understands all of the newest program's transcript", async () => {
		copyFileSync(NEWEST, path.join(root, "p/a.jsonl"))
		expect((await examineTranscripts(root, {})).map(({ state }) => state)).toEqual(["good"])
	})
})

describe("the doctor's look at prices", () => {
	it("says of what day and from where the table is, and when it is old", async () => {
		expect(await pricesReport()).toContain(`ok       1 models in ${prices}, as of 2026-11-01, from the vendor`)
		expect(await pricesReport(Date.UTC(2027, 3, 1))).toMatch(/note .*newer models may be missing\n.*npm run prices/)
	})

	it("names models without a price, with their tokens, each answer once", async () => {
		write("a.jsonl", answer("1", "claude-opus-4-8", 5), answer("2", "new", 7), answer("2", "new", 7))
		write("b.jsonl", answer("3", "us.anthropic.new-v1:0", 3))
		expect(await pricesReport()).toContain("MISSING  models without a price, with their tokens: new (10);")
	})

	it("misses no price where Claude Code says the cost", async () => {
		copyFileSync(NEWEST, path.join(root, "p/a.jsonl"))
		expect(await pricesReport()).not.toContain("MISSING")
	})
})
