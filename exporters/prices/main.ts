import { readFile } from "node:fs/promises"
import path from "node:path"
import { readArguments, runCommand, usageError } from "../../core/lib/arguments.ts"
import { writeAtomic } from "../../core/lib/files.ts"
import { defaultPriceFile, loadPrices, parsePriceFile } from "../sources/transcripts/prices.ts"
import { parseOrigin, readOrigin } from "./read.ts"
import { describe, renderPrices, renew } from "./renew.ts"

const HELP = `npm run prices [-- OPTIONS]

Shows the price table that the exporters use, or renews the shipped one. A file that CLAUDE_PRICES names is yours: it is
never changed.

  --from FILE|URL   prices to put into the shipped table: a table like it, or LiteLLM's model_prices_and_context_window.json;
                    models that are not in it keep their price
  --to FILE         write the renewed table there instead
  --check           say what would change, and write nothing
  --help            this text
`

await runCommand(main)

async function main(): Promise<number> {
	const options = {
		from: { type: "string" },
		to: { type: "string" },
		check: { type: "boolean" },
		help: { type: "boolean", short: "h" },
	} as const
	const { values } = readArguments({ options }, HELP)
	if (values.help) return say(HELP)
	const own = process.env.CLAUDE_PRICES || undefined
	if (values.from === undefined) return show(own ?? defaultPriceFile())
	if (own !== undefined && values.to !== undefined && path.resolve(own) === path.resolve(values.to))
		throw usageError(`${own} is the table that CLAUDE_PRICES names`, HELP)
	const shipped = await readFile(defaultPriceFile(), "utf8")
	const fresh = parseOrigin(await readOrigin(values.from), values.from)
	const asOf = new Date().toISOString().slice(0, 10)
	const { table, changes } = renew(parsePriceFile(shipped, defaultPriceFile()), fresh, { asOf, source: values.from })
	for (const { model, before, after } of changes)
		say(before ? `~ ${model}: ${describe(before)} is now ${describe(after)}\n` : `+ ${model}: ${describe(after)}\n`)
	if (changes.length === 0) say("No price changes.\n")
	if (values.check) return 0
	const target = values.to ?? defaultPriceFile()
	const text = renderPrices(table, shipped)
	// What is written can be read again.
	parsePriceFile(text, target)
	writeAtomic(target, text)
	say(`${target} has ${table.prices.length} models, as of ${table.as_of}. Restart the exporters to use it.\n`)
	if (own !== undefined && own !== target) say(`The exporters use ${own} (CLAUDE_PRICES), which is left as it is.\n`)
	return 0
}

async function show(file: string): Promise<number> {
	const { asOf, source, prices } = await loadPrices(file)
	return say(
		`${file}: ${prices.size} models, as of ${asOf ?? "an unknown day"}, from ${source ?? "an unknown source"}\n`,
	)
}

function say(text: string): 0 {
	process.stdout.write(text)
	return 0
}
