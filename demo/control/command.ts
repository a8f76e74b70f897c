import { readArguments, requireWords, usageError } from "../../core/lib/arguments.ts"
import { isPart, type Part } from "./switches.ts"

/** What `npm run demo -- …` asks for. */
export type DemoCommand =
	| { readonly do: "help" }
	| { readonly do: "status" }
	| { readonly do: "break"; readonly part: Part | "database" }
	| { readonly do: "repair"; readonly part: Part | "database" | "all" | "stop" }

export const USAGE = `npm run demo -- COMMAND

  status              what the demo does, and what is broken
  break mcp           kill its MCP server, and keep it dead
  break sessions      let every session fail
  break violations    let sessions break a rule every few seconds
  break reviews       send the reviewers home: proposals pile up
  break database      stop the monitored PostgreSQL (the runner's to do; needs npm start)
  repair PART         undo one of these
  repair all          undo all but the database
  repair stop         lift an emergency stop, so that sessions begin again
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
