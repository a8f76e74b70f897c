import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { BOARDS } from "./boards/index.ts"
import { ALERTS, generate } from "./generate.ts"

const root = new URL("../", import.meta.url)
const generated = generate(readFileSync(new URL(ALERTS, root), "utf8"))

describe("the generated files", () => {
	it.each([...generated.keys()])("are committed as the code makes them: %s", (path) => {
		expect(readFileSync(new URL(path, root), "utf8")).toBe(generated.get(path))
	})

	it("contain no undefined value and no address of this machine", () => {
		for (const [path, text] of generated) {
			if (!path.endsWith(".json")) continue
			expect(JSON.parse(text)).toMatchObject({ uid: expect.any(String), panels: expect.any(Array) })
			expect(text).not.toMatch(/localhost|127\.0\.0\.1|undefined/)
		}
	})

	it("are listed in the page on dashboards", () => {
		const page = readFileSync(new URL("docs/dashboards.md", root), "utf8").replace(/ +/g, " ")
		for (const board of BOARDS) expect(page).toContain(`| ${board.title} | \`/d/${board.uid}\` |`)
	})

	it("are not made from alerts with an error, which is reported with its place", () => {
		const alerts =
			"alerts:\n  warning:\n    - { name: a, condition: metrics.reviews.pendin > 1, duration: 5m, channels: [x] }\n"
		expect(() => generate(alerts)).toThrow(/alerts\.yaml:3:29: error: there is no path metrics\.reviews\.pendin/)
	})
})
