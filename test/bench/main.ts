/** `npm run bench -- NAME…`: runs `./NAME.ts` of this folder, each of which exports `run()`; all of them without a name. */
import { readdirSync } from "node:fs"

const known = readdirSync(import.meta.dirname).flatMap((file) =>
	file.endsWith(".ts") && file !== "main.ts" ? [file.slice(0, -3)] : [],
)
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !known.includes(name))

if (unknown.length > 0) {
	process.stderr.write(`There is no benchmark ${unknown.join(", ")}.\n  → The benchmarks are ${known.join(", ")}.\n`)
	process.exitCode = 2
} else {
	for (const name of asked.length > 0 ? asked : known) {
		const { run } = (await import(`./${name}.ts`)) as { run: () => Promise<boolean> | boolean }
		if (!(await run())) process.exitCode = 1
	}
}
