import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { parse, stringify } from "yaml"
import { compileAlerts } from "./compile.ts"
import { createSource } from "./source.ts"

const FIXTURES = path.resolve(import.meta.dirname, "../../test/golden/mistakes")
const OUTSIDE = {
	channels: new Map([
		["slack-ops", { configured: true }],
		["slack-new", { configured: false }],
	]),
	runbooks: new Set(["example", "example_two"]),
}

type Fields = Readonly<Record<string, unknown>>
/** What a mistake is made of: fields of one alert (null where one is missing) and parameters of the file. */
interface Mistake {
	readonly name: string
	readonly severity: string
	readonly fields: Fields
	readonly parameters: Fields
	readonly messages: readonly string[]
}

const RIGHT: Fields = { name: "example", condition: "metrics.reviews.pending > 20", channels: ["slack-ops"] }
const differs = (value: unknown, field: string) => JSON.stringify(value) !== JSON.stringify(RIGHT[field])

const messagesOf = (text: string) =>
	compileAlerts(createSource("alerts.yaml", text), OUTSIDE).diagnostics.map(({ id, message }) => `${id}: ${message}`)
const fileOf = (severity: string, parameters: Fields, fields: Fields) => {
	const alert = Object.fromEntries(Object.entries({ ...RIGHT, ...fields }).filter(([, value]) => value !== null))
	return stringify({ ...(Object.keys(parameters).length > 0 ? { parameters } : {}), alerts: { [severity]: [alert] } })
}

/** A fixture whose mistake lies in one alert; undefined for one of the file as a whole, or of two alerts together. */
function mistakeIn(name: string, text: string): Mistake | undefined {
	let file: { alerts?: Record<string, Fields[] | null>; parameters?: Fields } | null
	try {
		file = parse(text, { maxAliasCount: 0 })
	} catch {
		return undefined
	}
	const lists = Object.entries(file?.alerts ?? {})
	const [severity, alerts] = lists[0] ?? []
	const alert = alerts?.[0]
	if (severity === undefined || !alert || Array.isArray(file) || alerts.length !== 1 || severity === "urgent")
		return undefined
	const absent = Object.keys(RIGHT).filter((field) => !(field in alert))
	const changed = Object.entries(alert).filter(([field, value]) => differs(value, field))
	const fields = { ...Object.fromEntries(changed), ...Object.fromEntries(absent.map((field) => [field, null])) }
	const parameters = file?.parameters ?? {}
	return { name, severity, fields, parameters, messages: messagesOf(fileOf(severity, parameters, fields)) }
}

const mistakes = readdirSync(FIXTURES)
	.filter((file) => file.endsWith(".yaml"))
	.flatMap((file) => mistakeIn(file.slice(0, -5), readFileSync(path.join(FIXTURES, file), "utf8")) ?? [])

/** Mistakes that exist only in view of a condition that is understood, so that another mistake in it hides them. */
const NEEDS_CONDITION = ["no-volume", "unknown-placeholder", "cumulative-value"]
/** Conditions that are one part to the last character, or none at all. */
const SWALLOWS = [
	"unclosed-quote",
	"unclosed-parenthesis",
	"extra-parenthesis",
	"nested-too-deep",
	"missing-right-side",
]

/** Pairs of mistakes that exclude each other. */
const CONTRADICTORY = [
	"no-runbook + runbook-as-script",
	"no-runbook + runbook-that-is-not-there",
	"no-runbook + template-in-runbook",
	"condition-and-expr + missing-condition",
	"parameter-in-other-unit + parameter-not-given",
	"parameter-unused + parameter-without-value",
]

/** Without the alert's name, and without how long its condition takes to be noticed. */
const same = (messages: readonly string[]) =>
	messages.map((message) =>
		message
			.replaceAll(/\b(?:example|unheard_of)\b|(?:warning|critical) alert [12]/g, "x")
			.replace(/may take [\s\S]*/, "may take"),
	)

/** Both mistakes in one alert; undefined where they are mistakes of the same field. */
function together(a: Mistake, b: Mistake): string | undefined {
	if (Object.keys(a.parameters).some((name) => name in b.parameters)) return undefined
	const shared = Object.keys(a.fields).filter((field) => field in b.fields)
	const { condition: first } = a.fields
	const { condition: second } = b.fields
	const severity = [a.severity, b.severity].includes("critical") ? "critical" : "warning"
	const fields = { ...a.fields, ...b.fields }
	const parameters = { ...a.parameters, ...b.parameters }
	if (shared.length === 0) return fileOf(severity, parameters, fields)
	if (shared.length > 1 || typeof first !== "string" || typeof second !== "string") return undefined
	if ([a, b].some(({ name }) => SWALLOWS.includes(name))) return undefined
	return fileOf(severity, parameters, { ...fields, condition: `(${first}) && (${second})` })
}

const pairs = mistakes
	.flatMap((a, i) => mistakes.slice(i + 1).map((b) => [a, b] as const))
	.filter(([a, b]) => !CONTRADICTORY.includes(`${a.name} + ${b.name}`))
const inOneAlert = pairs.flatMap(([a, b]) => {
	const text = together(a, b)
	return text === undefined ? [] : [{ a, b, text }]
})

describe("two mistakes in one alert", () => {
	it("are tried in every pair that fits into one", () => {
		expect(mistakes.length).toBeGreaterThan(70)
		expect(inOneAlert.length).toBeGreaterThan(1_500)
	})

	it("are both reported at once", () => {
		const hidden = inOneAlert.flatMap(({ a, b, text }) => {
			const found = same(messagesOf(text))
			const both = "condition" in a.fields || "condition" in b.fields || "expr" in a.fields || "expr" in b.fields
			return [...new Set(same([...a.messages, ...b.messages]))]
				.filter((message) => !found.includes(message))
				.filter((message) => !(both && NEEDS_CONDITION.some((id) => message.startsWith(id))))
				.map((message) => `${a.name} + ${b.name} hides ${message}`)
		})
		expect(hidden).toEqual([])
	})
})

describe("two mistakes in two alerts", () => {
	it("are both reported at once, in every pair", () => {
		const hidden = pairs.flatMap(([a, b]) => {
			const one = ({ fields, severity }: Mistake) => parse(fileOf(severity, {}, fields)).alerts[severity][0]
			const parameters = { ...a.parameters, ...b.parameters }
			const alerts =
				a.severity === b.severity
					? { [a.severity]: [one(a), one(b)] }
					: { [a.severity]: [one(a)], [b.severity]: [one(b)] }
			const found = same(messagesOf(stringify({ parameters, alerts })))
			return [...new Set(same([...a.messages, ...b.messages]))]
				.filter((message) => !found.includes(message))
				.map((message) => `${a.name} + ${b.name} hides ${message}`)
		})
		expect(hidden).toEqual([])
	})
})
