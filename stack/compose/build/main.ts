import { spawnSync } from "node:child_process"
import { cpSync, rmSync } from "node:fs"
import path from "node:path"
import { exitCodeOf, readArguments, requireWords } from "../../../core/lib/arguments.ts"
import { explain } from "../../../core/lib/errors.ts"

// Builds the image's files: the compiled programs, and the files beside them that need no compilation.

const ROOT = path.resolve(import.meta.dirname, "../../..")
/** Folders and files that the programs read at run time. */
const SHIPPED = ["package.json", "docs/runbooks", "grafana/dashboards", "core", "exporters", "alert-webhook"]
/** Applications install it; the programs need only the source that they import from it. */
const OWN_PACKAGE = "exporters/instrumentation"

const HELP = `npm run build [-- FOLDER]

Compiles the programs of the image into FOLDER (dist).
`

const out = path.resolve(folder() ?? path.join(ROOT, "dist"))
rmSync(out, { recursive: true, force: true })
const tsc = path.join(ROOT, "node_modules/.bin/tsc")
const { status, error } = spawnSync(tsc, ["-p", path.join(ROOT, "tsconfig.build.json"), "--outDir", out], {
	stdio: "inherit",
})
if (error) throw error
if (status !== 0) process.exit(1)
const isShipped = (file: string) => !file.endsWith(".ts") && file !== path.join(ROOT, OWN_PACKAGE)
for (const name of SHIPPED) cpSync(path.join(ROOT, name), path.join(out, name), { recursive: true, filter: isShipped })

/** The folder on the command line; a wrong command line ends the program with code 2. */
function folder(): string | undefined {
	try {
		const options = { help: { type: "boolean", short: "h" } } as const
		const { values, positionals } = readArguments({ options, allowPositionals: true }, HELP)
		requireWords(positionals, 1, HELP)
		if (!values.help) return positionals[0]
		process.stdout.write(HELP)
		process.exit(0)
	} catch (error) {
		process.stderr.write(`${explain(error)}\n`)
		process.exit(exitCodeOf(error))
	}
}
