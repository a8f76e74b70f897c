import { readFileSync } from "node:fs"
import { exitCodeOf, readArguments } from "../../lib/arguments.ts"
import { explain } from "../../lib/errors.ts"
import { shippedFile, writeAtomic } from "../../lib/files.ts"
import { renderContractDocument } from "./document.ts"

const USAGE = `npm run contract [-- OPTIONS]

Writes docs/contract.md, which says what the exporters read from PostgreSQL.

  --check     write nothing; exit 1 when the page is stale
  -h, --help  this text
`
const PAGE = "docs/contract.md"

try {
	process.exitCode = run()
} catch (error) {
	process.stderr.write(`${explain(error)}\n`)
	process.exitCode = exitCodeOf(error)
}

function run(): number {
	const options = { check: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const
	const { values } = readArguments({ options }, USAGE)
	if (values.help) {
		process.stdout.write(USAGE)
		return 0
	}
	const file = shippedFile(PAGE)
	const wanted = renderContractDocument()
	if (readFileSync(file, "utf8") === wanted) {
		process.stdout.write(`${PAGE} is current.\n`)
		return 0
	}
	if (values.check) {
		process.stderr.write(`${PAGE} is stale: run npm run generate.\n`)
		return 1
	}
	writeAtomic(file, wanted)
	process.stdout.write(`Written: ${PAGE}\n`)
	return 0
}
