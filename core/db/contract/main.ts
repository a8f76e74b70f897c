import { readFileSync } from "node:fs"
import { shippedFile, writeAtomic } from "../../lib/files.ts"
import { renderContractDocument } from "./document.ts"

// Writes docs/contract.md; with --check it only says whether the page is current.

const file = shippedFile("docs/contract.md")
const current = readFileSync(file, "utf8")
const wanted = renderContractDocument()
if (current === wanted) process.stdout.write("docs/contract.md is current.\n")
else if (process.argv.includes("--check")) {
	process.stderr.write("docs/contract.md is stale: run npm run generate.\n")
	process.exitCode = 1
} else {
	writeAtomic(file, wanted)
	process.stdout.write("Written: docs/contract.md\n")
}
