import { z } from "zod"
import { codeOf } from "../../../core/lib/plain-text.ts"

/** Not in a name: invisible characters, fillers that look empty, and the mark of a character that was replaced. */
const UNSEEN = /[\p{C}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800\ufffd]/u

/** Scripts that are written together. */
const TOGETHER: readonly (readonly string[])[] = [
	["Han", "Hiragana", "Katakana"],
	["Han", "Hangul"],
	["Han", "Bopomofo"],
]

/** Scripts with letters that look like those of another one. All further ones count as one script. */
const SCRIPTS = [
	"Latin",
	"Greek",
	"Cyrillic",
	"Armenian",
	"Hebrew",
	"Arabic",
	"Devanagari",
	"Georgian",
	"Cherokee",
	"Coptic",
	"Han",
	"Hiragana",
	"Katakana",
	"Hangul",
	"Bopomofo",
].map((name) => ({ name, letter: new RegExp(`\\p{Script=${name}}`, "u") }))

/** A person's name in its one spelling: NFKC, with single spaces. */
export const normalName = (text: string): string => text.normalize("NFKC").trim().replace(/\s+/g, " ")

/** The reason why a text cannot be a person's name, although it is in its one spelling; undefined when it can. */
export function nameFault(name: string): string | undefined {
	const unseen = UNSEEN.exec(name)?.[0]
	if (unseen !== undefined) return `a name has no invisible or unreadable character, and this has ${codeOf(unseen)}`
	if (!/[\p{L}\p{N}]/u.test(name)) return "expected the person's name"
	const scripts = scriptsOf(name)
	return scripts.length < 2 || TOGETHER.some((set) => scripts.every((script) => set.includes(script)))
		? undefined
		: `a name is written in one script, and this has letters of ${scripts.join(" and ")}`
}

function scriptsOf(name: string): string[] {
	const found = new Set<string>()
	for (const character of name) {
		if (/[\p{Script=Common}\p{Script=Inherited}]/u.test(character)) continue
		found.add(SCRIPTS.find(({ letter }) => letter.test(character))?.name ?? "another script")
	}
	return [...found]
}

/** Letters of one script that look like Latin ones, each followed by the Latin one. */
const LOOK_ALIKE = new Map(
	[
		// Cyrillic
		"аaвbсcԁdеeһhіiјjкkмmнhоoрpԛqѕsтtуyхxԝwёeїiӏl",
		"АAВBСCЕEНHІIЈJКKМMОOРPЅSТTУYХXԜWЁEЇIӀI",
		// Greek
		"αaεeιiκkνvοoρpτtυuχxγyωw",
		"ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX",
		// Armenian, and Latin letters and digits themselves
		"օoսuհhոnցgզqլlՕOՍUıiɑaɡgʀr0o1l|l",
	].flatMap((pairs) => {
		const letters = [...pairs]
		return letters.flatMap((from, i): [string, string][] => (i % 2 === 0 ? [[from, letters[i + 1] ?? ""]] : []))
	}),
)

/** Names with one skeleton look alike, or differ in upper and lower case only. */
export const skeletonOf = (name: string): string =>
	[...normalName(name)]
		.map((character) => LOOK_ALIKE.get(character) ?? character)
		.join("")
		.toLowerCase()
		.normalize("NFKC")

/** The name of a person, as an administrator or the person types it. */
export const personName = z
	.string()
	.transform(normalName)
	.pipe(
		z
			.string()
			.min(1, "expected the person's name")
			.max(64)
			.superRefine((name, ctx) => {
				const message = nameFault(name)
				if (message !== undefined) ctx.addIssue({ code: "custom", message })
			}),
	)
