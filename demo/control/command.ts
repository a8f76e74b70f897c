import { readArguments, requireWords, usageError } from "../../core/lib/arguments.ts"
import { isPart, type Part } from "./switches.ts"

/** A parsed `npm run demo -- …` command. */
export type DemoCommand =
	| { readonly do: "help" }
	| { readonly do: "status" }
	| { readonly do: "break"; readonly part: Part | "database" }
	| { readonly do: "repair"; readonly part: Part | "database" | "all" | "stop" }

export const USAGE = `npm run demo -- COMMAND

  status              running sessions and broken parts
  break mcp           kill the MCP server and do not restart it
  break sessions      make every session fail
  break violations    make sessions break a rule every few seconds
  break reviews       stop reviewing, so that proposals pile up
  break database      stop the monitored PostgreSQL (needs a running npm start)
  repair PART         repair one of these
  repair all          repair all but the database
  repair stop         release an emergency stop, so that sessions start again
`

/**
 * Reads the command line.
 *
 * @throws ObservatoryError `bad_request` for anything unknown
 */
export function parseCommand(argv: readonly string[]): DemoCommand {
	const options = { help: { type: "boolean", short: "h" } } as const
	const { values, positionals } = readArguments({ args: [...argv], options, allowPositionals: true }, USAGE)
	const [verb, part] = positionals
	if (values.help || verb === undefined || verb === "help") return { do: "help" }
	requireWords(positionals, 2, USAGE)
	if (verb === "status" && part === undefined) return { do: "status" }
	if (verb === "break" || verb === "repair") {
		if (part === undefined) throw usageError(`"${verb}" needs the name of a part, such as mcp`, USAGE)
		if (part === "database" || isPart(part)) return { do: verb, part }
		if (verb === "repair" && (part === "all" || part === "stop")) return { do: verb, part }
		throw usageError(`"${part}" cannot be ${verb === "break" ? "broken" : "repaired"}`, USAGE)
	}
	throw usageError(`Unknown command "${[verb, part].filter(Boolean).join(" ")}"`, USAGE)
}
