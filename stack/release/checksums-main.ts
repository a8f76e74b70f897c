import { readFileSync } from "node:fs"
import { readArguments, runCommand } from "../../core/lib/arguments.ts"
import { writeAtomic } from "../../core/lib/files.ts"
import { RELEASES_FILE, releaseTable } from "../packages/releases.ts"
import { compareChecksums } from "./checksums.ts"

const HELP = `npm run release:checksums

Asks the makers of Prometheus, Alertmanager and Grafana for the SHA-256 of each archive in stack/packages/releases.json,
fills in those that are missing, and reports those that differ. Change versions and addresses in that file first, with
"sha256": null.
Exit code: 0 complete, 1 some differ or are missing, 2 wrong usage.
`

async function main(): Promise<number> {
	const { values } = readArguments({ options: { help: { type: "boolean", short: "h" } } }, HELP)
	if (values.help) {
		process.stdout.write(HELP)
		return 0
	}
	const before = releaseTable.parse(JSON.parse(readFileSync(RELEASES_FILE, "utf8")))
	const today = new Date().toISOString().slice(0, 10)
	const { table, differing, missing } = await compareChecksums(before, readText, today)
	writeAtomic(RELEASES_FILE, `${JSON.stringify(table, null, "\t")}\n`)
	const known = table.releases.filter(({ sha256 }) => sha256 !== null).length
	process.stdout.write(
		`${[...differing, ...missing, `${known} of ${table.releases.length} have a checksum`].join("\n")}\n`,
	)
	return differing.length + missing.length === 0 ? 0 : 1
}

async function readText(url: string): Promise<string> {
	process.stderr.write(`${url}\n`)
	const response = await fetch(url, { signal: AbortSignal.timeout(30_000) })
	if (!response.ok) throw new Error(`${url} answers ${response.status}`)
	return response.text()
}

await runCommand(main)
