import { readArguments, usageError } from "../../core/lib/arguments.ts"
import { didYouMean } from "../../core/lib/nearest.ts"

export const HELP = `npm run drill -- [SCENARIO…] [OPTIONS]

Starts a whole stack of its own with the shipped intervals, breaks it on purpose, and measures by the incidents' own
clocks how long it takes until people are notified, a remediation has repaired it, and the incident ends. Compares that
with what npm run rules -- --explain promises. Touches nothing that it did not start.

  SCENARIO             the drills to run; all of them when none is named (about an hour and a half)
  --list               name the drills and start nothing
  --format markdown    the report: markdown or json
  --out FILE           write the report there instead of to standard output

Exit code: 0 all drills passed, 1 one failed or could not run, 2 wrong usage.
`

/** What the command line asks for. */
export type DrillOptions =
	| { readonly command: "help" }
	| { readonly command: "list" }
	| {
			readonly command: "run"
			readonly names: readonly string[]
			readonly format: "markdown" | "json"
			readonly out: string | undefined
	  }

/**
 * Reads the command line; `known` are the names of the drills.
 *
 * @throws ObservatoryError `bad_request` for anything unknown
 */
export function parseDrillOptions(argv: readonly string[], known: readonly string[]): DrillOptions {
	const options = {
		list: { type: "boolean" },
		format: { type: "string" },
		out: { type: "string" },
		help: { type: "boolean", short: "h" },
	} as const
	const { values, positionals } = readArguments({ args: [...argv], options, allowPositionals: true }, HELP)
	if (values.help) return { command: "help" }
	if (values.list) return { command: "list" }
	const unknown = positionals.find((name) => !known.includes(name))
	if (unknown !== undefined) {
		const hint = didYouMean(unknown, known)
		throw usageError([`There is no drill "${unknown}"`, hint].filter(Boolean).join(": "), "npm run drill -- --list")
	}
	const format = values.format ?? "markdown"
	if (format !== "markdown" && format !== "json") throw usageError(`--format is markdown or json, not ${format}`, HELP)
	return { command: "run", names: [...new Set(positionals)], format, out: values.out }
}
