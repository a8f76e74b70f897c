import { readFileSync } from "node:fs"
import { z } from "zod"
import { readArguments, runCommand, usageError } from "../../lib/arguments.ts"
import { loadConfig, postgresUrl } from "../../lib/config.ts"
import { ObservatoryError } from "../../lib/errors.ts"
import { shippedFile, writeAtomic } from "../../lib/files.ts"
import { withLocalRun } from "../../lib/local-run.ts"
import { createPool } from "../client.ts"
import { onSnapshot } from "../session.ts"
import { renderContractDocument } from "./document.ts"
import { readProviders, restartProvider } from "./restart.ts"
import { VIEW_NAMES } from "./views.ts"

const USAGE = `npm run contract [-- OPTIONS]

Writes docs/contract.md, which says what the exporters read from PostgreSQL.

  --check             write nothing; exit 1 when the page is stale
  --restart PROVIDER  write nothing; make the exporters read this provider's rows again, as after its tables were made
                      again. What was counted stays counted. DATABASE_URL names our database; without it, the local run's
  --view VIEW         in this view only
  --after NUMBER      rows up to this number count as read; 0 when not given
  -h, --help          this text
`
const PAGE = "docs/contract.md"

await runCommand(run)

async function run(): Promise<number> {
	const options = {
		check: { type: "boolean" },
		restart: { type: "string" },
		view: { type: "string" },
		after: { type: "string" },
		help: { type: "boolean", short: "h" },
	} as const
	const { values } = readArguments({ options }, USAGE)
	if (values.help) return say(USAGE)
	if (values.restart !== undefined) return restart(values.restart, values.view, values.after ?? "0")
	if (values.view !== undefined || values.after !== undefined)
		throw usageError("--view and --after need --restart PROVIDER", USAGE)
	return writePage(values.check ?? false)
}

function writePage(check: boolean): number {
	const file = shippedFile(PAGE)
	const wanted = renderContractDocument()
	if (readFileSync(file, "utf8") === wanted) return say(`${PAGE} is current.\n`)
	if (check) {
		process.stderr.write(`${PAGE} is stale: run npm run generate.\n`)
		return 1
	}
	writeAtomic(file, wanted)
	return say(`Written: ${PAGE}\n`)
}

async function restart(provider: string, viewText: string | undefined, afterText: string): Promise<number> {
	const view = VIEW_NAMES.find((name) => name === viewText)
	if (viewText !== undefined && view === undefined)
		throw usageError(`--view is one of ${VIEW_NAMES.join(", ")}, not "${viewText}"`, USAGE)
	const after = Number(afterText)
	if (!/^\d+$/.test(afterText) || !Number.isSafeInteger(after))
		throw usageError(`--after is a row's number, not "${afterText}"`, USAGE)
	const { DATABASE_URL } = loadConfig(z.object({ DATABASE_URL: postgresUrl() }), withLocalRun(process.env))
	const own = createPool(DATABASE_URL, { applicationName: "mcp-observatory contract", max: 1 })
	try {
		const restarted = await restartProvider(own, { provider, view, after })
		if (restarted.length === 0) {
			const options = { what: "Reading the providers", signal: AbortSignal.timeout(10_000) }
			const known = await onSnapshot(own, options, readProviders)
			const names = known.map((one) => `${one.provider} (${one.view})`).join(", ")
			throw new ObservatoryError("not_found", `Provider ${provider} has not been read${view ? ` in ${view}` : ""}`, {
				advice: names === "" ? "No provider has been read yet." : `These have: ${names}.`,
			})
		}
		for (const one of restarted)
			say(`${one.view}: rows of ${provider} are read again from ${after + 1} on; ${one.high} was the last one.\n`)
		return 0
	} finally {
		await own.end()
	}
}

function say(text: string): 0 {
	process.stdout.write(text)
	return 0
}
