/**
 * `npm run bench -- [NAME…] [--rows N,N…]`: runs `./NAME.ts` of this folder, each of which exports `run()`, or all of
 * them without a name. `--rows` gives the exporters' benchmark other sizes of history, for a quick look.
 */
import { readdirSync } from "node:fs"
import { parseArgs } from "node:util"

const known = readdirSync(import.meta.dirname).flatMap((file) =>
	file.endsWith(".ts") && file !== "main.ts" ? [file.slice(0, -3)] : [],
)
const { values, positionals: asked } = parseArgs({ options: { rows: { type: "string" } }, allowPositionals: true })
const rows = values.rows?.split(",").map(Number)
const unknown = asked.filter((name) => !known.includes(name))

if (unknown.length > 0) {
	process.stderr.write(`There is no benchmark ${unknown.join(", ")}.\n  → The benchmarks are ${known.join(", ")}.\n`)
	process.exitCode = 2
} else if (rows?.some((size) => !(Number.isInteger(size) && size >= 1_000))) {
	process.stderr.write("--rows takes whole numbers from 1000 on, such as --rows 10000,100000.\n")
	process.exitCode = 2
} else {
	for (const name of asked.length > 0 ? asked : known) {
		const { run } = (await import(`./${name}.ts`)) as {
			run: (options: { rows?: readonly number[] }) => Promise<boolean> | boolean
		}
		if (!(await run(rows ? { rows } : {}))) process.exitCode = 1
	}
}
