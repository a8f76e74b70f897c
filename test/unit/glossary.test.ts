import { readdirSync, readFileSync, statSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"

/** What is searched: folders and files. A new room is one line. */
const ROOMS = [
	"alert-webhook",
	"alertmanager",
	"core",
	"demo",
	"docs",
	"exporters",
	"grafana",
	"prometheus",
	"stack",
	"test",
	".github",
	"ARCHITECTURE.md",
	"CHANGELOG.md",
	"CONTRIBUTING.md",
	"Dockerfile",
	"README.md",
	"RELEASE.md",
	"SECURITY.md",
	"docker-compose.yml",
	"package.json",
] as const

interface Exception {
	readonly word: string
	readonly file: string
	readonly reason: string
}

const EXCEPTIONS: readonly Exception[] = [
	{ word: "nobody", file: "stack/postgres/run-as.ts", reason: "the name of the system's user without rights" },
	{ word: "nobody", file: "docker-compose.yml", reason: "the name of the system's user without rights" },
	{
		word: "judged",
		file: "test/integration/vocabulary-migration.test.ts",
		reason: "the previous name of an index, which the migration renames",
	},
]

const root = path.resolve(import.meta.dirname, "../..")
const GLOSSARY = "docs/glossary.md"
/** These have the words by their nature: the table, this test of the search, and migrations, which never change. */
const NOT_SEARCHED = [GLOSSARY, "test/unit/glossary.test.ts"]
const MIGRATIONS = "core/db/migrations/"
const SEARCHED = /\.(ts|mjs|js|css|md|ya?ml|tmpl|sql|sh)$/

function filesOf(room: string): string[] {
	if (statSync(path.join(root, room)).isFile()) return [room]
	return readdirSync(path.join(root, room), { recursive: true, encoding: "utf8" })
		.map((file) => path.join(room, file))
		.filter((file) => SEARCHED.test(file) && !NOT_SEARCHED.includes(file) && !file.startsWith(MIGRATIONS))
}

/** The right column of the glossary's last table. */
function forbiddenWords(): string[] {
	const [, table = ""] = readFileSync(path.join(root, GLOSSARY), "utf8").split("\n## Plain words\n")
	return [...table.matchAll(/^\|[^|]+\|([^|]+)\|$/gm)].flatMap(([, cell = ""]) =>
		[...cell.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word),
	)
}

/** A text in lower-case words: names are split, and lines of a comment are joined. */
const plain = (text: string): string =>
	text
		.replace(/\n[\t >]*(?:\*(?!\/)|\/\/|#+)?[\t ]*/g, " ")
		.replace(/(?<=[a-z0-9])(?=[A-Z])|_/g, " ")
		.replace(/\s+/g, " ")
		.toLowerCase()

/** Where a word is in a plain text, each with the words around it. "Over" before a number or an article is a comparison. */
function findWord(word: string, text: string): string[] {
	const comparison = word.endsWith(" over") ? "(?! (?:an? |the |its |\\d|\\$))" : ""
	return [...text.matchAll(new RegExp(`\\b${word}\\b${comparison}`, "g"))].map(({ index }) =>
		text.slice(Math.max(0, index - 40), index + word.length + 40),
	)
}

const words = forbiddenWords()

describe("the words of the glossary", () => {
	it("are read from its table", () => {
		expect(words.length).toBeGreaterThan(40)
		expect(words).toEqual(expect.arrayContaining(["nobody", "as long as", "is over"]))
		expect(new Set(words).size).toBe(words.length)
	})

	it.each([
		["nobody", "const nobodyKnows = 1"],
		["told", "LEVELS_TOLD"],
		["told", "import type { Told } from './x.ts'"],
		["as long as", "/**\n * It waits as long\n * as it can.\n */"],
		["go on", "\t\t// Sessions go\n\t\t// on."],
		["is over", "the incident is over."],
		["standing", ".standing-stop {"],
	])("are found: %s in %j", (word, text) => {
		expect(findWord(word, plain(text))).toHaveLength(1)
	})

	it.each([
		["stand", "understand the standard"],
		["is over", "the value is over 5 minutes, or is over the limit"],
		["told", "untold"],
		["held", "withheld remediations"],
	])("are not found inside others or in comparisons: %s in %j", (word, text) => {
		expect(findWord(word, plain(text))).toEqual([])
	})

	it("are used in every room", { timeout: 120_000 }, () => {
		const isAllowed = (word: string, file: string) => EXCEPTIONS.some((one) => one.word === word && one.file === file)
		const files = ROOMS.flatMap(filesOf)
		expect(files.length).toBeGreaterThan(200)
		const found = files.flatMap((file) => {
			const text = plain(`${file}\n${readFileSync(path.join(root, file), "utf8")}`)
			return words
				.filter((word) => !isAllowed(word, file))
				.flatMap((word) => findWord(word, text).map((excerpt) => `${file}: "${word}" in … ${excerpt} …`))
		})
		expect(found).toEqual([])
	})

	it("have no exception that is not needed, and none without a reason", () => {
		const needless = EXCEPTIONS.filter(({ word, file, reason }) => {
			const text = plain(readFileSync(path.join(root, file), "utf8"))
			return reason === "" || !words.includes(word) || findWord(word, text).length === 0
		})
		expect(needless).toEqual([])
	})
})
