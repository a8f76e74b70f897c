import type { Random } from "./random.ts"

/** Where something lies in a document. */
interface Spot {
	readonly parent: Record<string, unknown> | unknown[]
	readonly key: string | number
}

const NUMBERS = [
	...[0, -0, 1, -1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64, 1e13, 1e308, -1e308, 5e-324],
	...["NaN", "Infinity", "-Infinity", "1e999", "9223372036854775807", "-9223372036854775808", "18446744073709551615"],
	...["9".repeat(400), "-1", "0x10", "1e3", "12abc", " 5 ", ""],
]
const TEXTS = [
	...[
		"",
		"other",
		"\u0000",
		"a\nb",
		"\u202egnp",
		"\ud800",
		"😀".repeat(100),
		"x".repeat(20_000),
		'quote " \\ {le="1"}',
	],
	...["__proto__", "constructor", "claude_code.token.usage", "mcp.client.operation.duration", "mcp.a.b", "false"],
]
const OTHERS = [
	null,
	true,
	false,
	{},
	[],
	[[]],
	[null],
	{ stringValue: "x" },
	{ doubleValue: "NaN" },
	{ intValue: "-5" },
]

/** A copy of the document in which a few things, mostly leaves, are others, gone or there twice. */
export function mutate(document: unknown, random: Random): unknown {
	const copy: unknown = JSON.parse(JSON.stringify(document))
	const times = 1 + random.below(4)
	for (let i = 0; i < times; i++) {
		const all = spotsOf(copy)
		if (all.length === 0) break
		change(random.of(random.percent(85) ? all.filter(isLeaf).concat(all[0] as Spot) : all), random)
	}
	return copy
}

const isLeaf = ({ parent, key }: Spot) => {
	const value = (parent as Record<string | number, unknown>)[key]
	return typeof value !== "object" || value === null
}

function spotsOf(value: unknown, found: Spot[] = []): Spot[] {
	if (typeof value !== "object" || value === null) return found
	const parent = value as Spot["parent"]
	for (const key of Array.isArray(parent) ? parent.keys() : Object.keys(parent)) {
		found.push({ parent, key })
		spotsOf((parent as Record<string | number, unknown>)[key], found)
	}
	return found
}

function change({ parent, key }: Spot, random: Random): void {
	const at = parent as Record<string | number, unknown>
	const before = at[key]
	const way = random.below(100)
	if (way < 5) delete at[key]
	else if (way < 10 && Array.isArray(parent)) parent.push(...Array(1 + random.below(20)).fill(before))
	else if (way < 20 && typeof before === "string") at[key] = `${before}${random.below(1_000)}`
	else if (way < 30 && Number.isFinite(Number(before))) at[key] = Number(before) * random.of([-1, 0.1, 10, 1e6])
	else at[key] = structuredClone(random.of<unknown>(random.percent(60) ? NUMBERS : random.percent(60) ? TEXTS : OTHERS))
}

/** Bytes of which a few are others, or the end is missing. */
export function damage(body: Buffer, random: Random): Buffer {
	if (random.percent(10)) return body.subarray(0, random.below(body.length + 1))
	const bytes = Buffer.from(body)
	for (let i = 0; i < 1 + random.below(6) && bytes.length > 0; i++)
		bytes[random.below(bytes.length)] = random.of([0, 1, 0x7f, 0x80, 0xff, random.below(256)])
	return bytes
}
