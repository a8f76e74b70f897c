import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"

const folder = path.resolve(import.meta.dirname, "../../core/db/migrations")
const { entries }: { entries: { idx: number; when: number; tag: string }[] } = JSON.parse(
	readFileSync(path.join(folder, "meta/_journal.json"), "utf8"),
)

describe("the migrations", () => {
	it("are dated in the order in which they run, because one that is older than the last applied is skipped", () => {
		expect(entries.map(({ when }) => when)).toEqual(entries.map(({ when }) => when).sort((a, b) => a - b))
	})

	it("are all in the journal, and nothing is in the journal that is not there", () => {
		const files = readdirSync(folder).filter((file) => file.endsWith(".sql"))
		expect(entries.map(({ tag }) => `${tag}.sql`).sort()).toEqual(files.sort())
	})
})
