/** Runs `./NAME.ts` of this folder, each of which exports `run()`, or all of them without a name. */
import { readdirSync } from "node:fs"
import { readArguments, runCommand } from "../../core/lib/arguments.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"

const known = readdirSync(import.meta.dirname).flatMap((file) =>
	file.endsWith(".ts") && file !== "main.ts" ? [file.slice(0, -3)] : [],
)

const USAGE = `npm run bench -- [NAME…] [--rows N,N…]

Measures on this machine, one after the other: ${known.join(", ")}. All of them take many minutes.

  --rows N,N…   other sizes of history for the exporters' benchmark, from 1000 on, for a quick look
  --help        this text`

await runCommand(main)

async function main(): Promise<number> {
	const options = { rows: { type: "string" }, help: { type: "boolean", short: "h" } } as const
	const { values, positionals: asked } = readArguments({ options, allowPositionals: true }, USAGE)
	if (values.help) {
		process.stdout.write(`${USAGE}\n`)
		return 0
	}
	const rows = values.rows?.split(",").map(Number)
	const unknown = asked.filter((name) => !known.includes(name))
	if (unknown.length > 0)
		throw new ObservatoryError("bad_request", `There is no benchmark ${unknown.join(", ")}.`, { advice: USAGE })
	if (rows?.some((size) => !(Number.isInteger(size) && size >= 1_000)))
		throw new ObservatoryError("bad_request", `"${values.rows}" is no list of sizes.`, { advice: USAGE })
	let code = 0
	for (const name of asked.length > 0 ? asked : known) {
		const { run } = (await import(`./${name}.ts`)) as {
			run: (options: { rows?: readonly number[] }) => Promise<boolean> | boolean
		}
		if (!(await run(rows ? { rows } : {}))) code = 1
	}
	return code
}
