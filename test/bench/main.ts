/** Runs `./NAME.ts` of this folder, each of which exports `run()`, or all of them without a name. */
import { readdirSync } from "node:fs"
import { readArguments, runCommand, usageError } from "../../core/lib/arguments.ts"

const known = readdirSync(import.meta.dirname).flatMap((file) =>
	file.endsWith(".ts") && file !== "main.ts" ? [file.slice(0, -3)] : [],
)

const USAGE = `npm run bench -- [NAME…] [--rows N,N…] [--seed N] [--days N]

Measures on this machine, one after the other: ${known.join(", ")}. All of them take many minutes.

  --rows N,N…   other sizes of history for the exporters' benchmark, from 1000 on, for a quick look
  --seed N      precision: the history of this seed alone, without writing docs/precision.md
  --days N      precision: the length of a history, 14 days otherwise
  --help        this text`

const TEXT = { type: "string" } as const

await runCommand(main)

async function main(): Promise<number> {
	const options = { rows: TEXT, seed: TEXT, days: TEXT, help: { type: "boolean", short: "h" } } as const
	const { values, positionals: asked } = readArguments({ options, allowPositionals: true }, USAGE)
	if (values.help) {
		process.stdout.write(`${USAGE}\n`)
		return 0
	}
	const rows = values.rows?.split(",").map(Number)
	const unknown = asked.filter((name) => !known.includes(name))
	if (unknown.length > 0)
		throw usageError(`There is no benchmark ${unknown.join(", ")}; there are ${known.join(", ")}`, USAGE)
	if (rows?.some((size) => !(Number.isInteger(size) && size >= 1_000)))
		throw usageError(`"${values.rows}" is no list of sizes`, USAGE)
	const settings = { ...(rows && { rows }), ...number("seed", values.seed), ...number("days", values.days) }
	let code = 0
	for (const name of asked.length > 0 ? asked : known) {
		const { run } = (await import(`./${name}.ts`)) as {
			run: (options: Settings) => Promise<boolean> | boolean
		}
		if (!(await run(settings))) code = 1
	}
	return code
}

interface Settings {
	readonly rows?: readonly number[]
	readonly seed?: number
	readonly days?: number
}

/** @throws ObservatoryError `bad_request` for text that is no whole number above 0 */
function number(name: "seed" | "days", text: string | undefined): Settings {
	if (text === undefined) return {}
	const value = Number(text)
	if (Number.isInteger(value) && value > 0) return { [name]: value }
	throw usageError(`--${name}=${text} is no whole number above 0`, USAGE)
}
