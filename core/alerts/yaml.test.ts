import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { toYaml } from "./yaml.ts"

const text = fc.oneof(
	fc.string({ unit: "binary", maxLength: 30 }),
	fc.string({ maxLength: 30 }),
	fc.constantFrom(
		"yes",
		"null",
		"09:00",
		"1e3",
		"0x1f",
		"E0",
		"e1",
		"_1",
		"(1",
		"1_0",
		"NaN",
		"Infinity",
		"inf",
		"- a",
		"a: b",
		"a #b",
		"#x",
		"~",
		"",
		" ",
		"a:",
		"'",
		'"',
		"%",
		"@x",
		"`",
		"15s",
		".5",
		"1_000",
		"!!str x",
		"*",
		"&a",
		"...",
		"---",
		"<<",
		"=",
		"a\nb",
		"a\nb\u0007",
		"a\r\nb",
		"a\u0085b",
		"a\u2028b",
		"a\u007fb",
		"\ufeffa",
		"a\uffff",
	),
)
const value = fc.letrec((tie) => ({
	value: fc.oneof(
		{ maxDepth: 3 },
		text,
		fc.integer(),
		fc.boolean(),
		fc.array(tie("value"), { maxLength: 3 }),
		fc.dictionary(
			text.filter((key) => key !== "__proto__"),
			tie("value"),
			{ maxKeys: 3 },
		),
	),
})).value

describe("generated YAML", () => {
	it.each(["1.1", "1.2"] as const)("means what was written, to a parser of YAML %s", (version) => {
		fc.assert(
			fc.property(value, (written) => {
				const options = { version, merge: false, ...(version === "1.1" ? { schema: "yaml-1.1" as const } : {}) }
				expect(parse(toYaml({ written: written as string }), options)).toEqual({ written })
			}),
			{ numRuns: 2_000 },
		)
	})

	it("has no character that the parser of Prometheus refuses", () => {
		const allowed = /^[\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u
		fc.assert(
			fc.property(value, (written) => {
				expect(toYaml({ written: written as string })).toMatch(allowed)
			}),
			{ numRuns: 2_000 },
		)
		// Half a character has no place in a file.
		expect(parse(toYaml({ written: "a\ud800b" }))).toEqual({ written: "a\ufffdb" })
	})

	it("reads as people would write it", () => {
		expect(
			toYaml({ groups: [{ name: "a", rules: [{ expr: 'up{job="x"} == 0', for: "1m" }, { expr: "1" }], empty: [] }] }),
		).toBe(
			'groups:\n  - name: a\n    rules:\n      - expr: up{job="x"} == 0\n        for: 1m\n      - expr: "1"\n    empty: []\n',
		)
	})
})
