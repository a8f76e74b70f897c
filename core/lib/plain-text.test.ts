import { execFileSync } from "node:child_process"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { explain, messageOf, ObservatoryError } from "./errors.ts"
import { cleanText, printable, printableJson, unsafeCharacter } from "./plain-text.ts"

const ORDINARY = ["Ada", "سارة", "می\u200cخواهم", "👩\u200d💻 ❤️", "東京\tZoë\r\nΩ", "\u{1F3F4}"]
const ODD = "a\u001b[31mb\u009b2Jc\u202Ed\u2066e\u200Ff\u200Bg\uFEFFh\u{E0041}i\ud800j"

describe("foreign text", () => {
	it.each(ORDINARY)("keeps ordinary characters: %s", (text) => {
		expect([cleanText(text), printable(text), unsafeCharacter(text)]).toEqual([text, text, undefined])
	})

	it("loses what is not seen, and shows what a terminal would obey", () => {
		expect(cleanText(ODD)).toBe("a\ufffd[31mb\ufffd2Jcdefghi\ufffdj")
	})

	it("reaches a terminal without escape bytes and characters that change the direction", () => {
		const error = new ObservatoryError("internal", ODD, { advice: ODD })
		for (const text of [printable(ODD), explain(error), messageOf(error)]) expect(unsafeCharacter(text)).toBeUndefined()
		expect(explain(error)).toContain("\n  → ")
	})

	it("is the same value in JSON that is safe to print", () => {
		const json = printableJson(JSON.stringify({ [ODD]: ODD }))
		expect(JSON.parse(json)).toEqual({ [ODD]: ODD })
		expect(unsafeCharacter(json)).toBeUndefined()
	})

	it("is safe to print in a log as well", () => {
		const program = `import { createLogger } from "./log.ts"; createLogger("x").info({ odd: ${JSON.stringify(ODD)} }, "said")`
		const args = ["--import", "tsx", "--input-type=module", "--eval", program]
		const line = execFileSync(process.execPath, args, { cwd: path.resolve(import.meta.dirname), encoding: "utf8" })
		expect(unsafeCharacter(line)).toBeUndefined()
		expect(JSON.parse(line).odd).toContain("\u202E")
	})
})
