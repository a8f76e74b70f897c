import { type ParseArgsConfig, parseArgs } from "node:util"
import { explain, messageOf, ObservatoryError } from "./errors.ts"
import { didYouMean } from "./nearest.ts"

/**
 * Reads a program's command line. An error names the nearest option and has the forms of the command from `usage`.
 *
 * @throws ObservatoryError `bad_request`
 */
export function readArguments<T extends ParseArgsConfig>(config: T, usage: string): ReturnType<typeof parseArgs<T>> {
	try {
		return parseArgs<T>(config)
	} catch (error) {
		throw usageError(problemOf(messageOf(error), Object.keys(config.options ?? {})), usage)
	}
}

/** An error on the command line, with the forms of the command as advice. */
export const usageError = (problem: string, usage: string): ObservatoryError =>
	new ObservatoryError("bad_request", problem, { advice: hintOf(usage) })

/** Lines of a usage that are read at a glance. */
const SHORT = 12

/** The first lines of a usage, without their explanations, and where the rest is; the whole of a short one of commands. */
function hintOf(usage: string): string {
	const all = usage.trim()
	if (!/^\s*--/m.test(all) && all.split("\n").length <= SHORT) return all
	const [forms = ""] = usage.trim().split(/\n(?=\s)/)
	const hint = forms
		.split("\n")
		.map((line) => line.replace(/ {2,}\S.*$/, ""))
		.join("\n")
	return hint.includes("--help") ? hint : `${hint}\n--help prints all options`
}

/** Refuses a command line of more than `most` words. @throws ObservatoryError `bad_request` */
export function requireWords(words: readonly string[], most: number, usage: string): void {
	const extra = words[most]
	if (extra !== undefined) throw usageError(`Unexpected argument "${extra}"`, usage)
}

/** Node's message, shorter, with the most similar option. */
function problemOf(message: string, options: readonly string[]): string {
	const [, unknown] = /^Unknown option '([^']*)'/.exec(message) ?? []
	if (unknown !== undefined) {
		const known = options.map((name) => `--${name}`)
		return [`Unknown option "${unknown}"`, didYouMean(unknown, known)].filter(Boolean).join(": ")
	}
	const [, extra] = /^Unexpected argument '([^']*)'/.exec(message) ?? []
	return extra === undefined ? message.replace(/\. To specify .*$/, "") : `Unexpected argument "${extra}"`
}

/** The exit code after an error: 2 for a usage error, 1 for any other. */
export const exitCodeOf = (error: unknown): 1 | 2 =>
	error instanceof ObservatoryError && error.code === "bad_request" ? 2 : 1

/**
 * Runs the `main` of a command. The exit code is the number that it returns; after an error, which is explained on
 * standard error, it is 2 for a usage error and 1 for any other.
 */
export async function runCommand(main: () => unknown): Promise<void> {
	try {
		const code = await main()
		if (typeof code === "number") process.exitCode = code
	} catch (error) {
		process.stderr.write(`${explain(error)}\n`)
		process.exitCode = exitCodeOf(error)
	}
}
