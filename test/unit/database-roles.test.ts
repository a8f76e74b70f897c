import { readFileSync } from "node:fs"
import { getTableName, is, Table } from "drizzle-orm"
import { describe, expect, it } from "vitest"
import * as transcripts from "../../core/db/schema/transcripts.ts"
import * as usage from "../../core/db/schema/usage.ts"
import { shippedFile } from "../../core/lib/files.ts"

describe("the rights of our programs' roles", () => {
	it("let the exporters write every table of transcripts and usage", () => {
		const [, list = ""] =
			/exporters_tables constant text\[\] := ARRAY\[([^\]]*)\]/.exec(
				readFileSync(shippedFile("core/db/roles.sql"), "utf8"),
			) ?? []
		const granted = [...list.matchAll(/'(\w+)'/g)].map(([, name]) => name)
		const tables = [...Object.values(transcripts), ...Object.values(usage)].filter((each) => is(each, Table))
		expect(tables.map((table) => getTableName(table)).filter((name) => !granted.includes(name))).toEqual([])
		expect(tables.length).toBeGreaterThan(5)
	})
})
