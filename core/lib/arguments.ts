import { type ParseArgsConfig, parseArgs } from "node:util"
import { messageOf, ObservatoryError } from "./errors.ts"

/**
 * Reads a program's command line. What Node says of a mistake comes with `usage`, which says what there is instead.
 *
 * @throws ObservatoryError `bad_request`
 */
export function readArguments<T extends ParseArgsConfig>(config: T, usage: string): ReturnType<typeof parseArgs<T>> {
	try {
		return parseArgs<T>(config)
	} catch (error) {
		const problem = messageOf(error).replace(/\. To specify .*$/, "")
		throw new ObservatoryError("bad_request", problem, { advice: usage.trimEnd() })
	}
}

/** What a program ends with after an error: 2 when it was called wrongly, 1 when it could not do what was asked. */
export const exitCodeOf = (error: unknown): 1 | 2 =>
	error instanceof ObservatoryError && error.code === "bad_request" ? 2 : 1
