import { ObservatoryError } from "../../core/lib/errors.ts"
import { readStatus } from "../control/status-file.ts"
import type { PartState } from "../parts/part.ts"
import { liveRunner } from "../process/run-file.ts"
import { plain } from "./paint.ts"
import { renderParts } from "./render.ts"

/** A program that is not installed is no failure. */
const WELL: ReadonlySet<PartState> = new Set(["up", "done", "missing"])

/**
 * Prints the state of each part of the run in `run`.
 *
 * @returns the exit code: 0 when all parts are well, otherwise 1
 * @throws ObservatoryError `unavailable` when nothing runs here
 */
export function showStatus(run: string, runFile: string, out: { write(text: string): unknown }): number {
	const status = readStatus(run)
	if (liveRunner(runFile) === undefined || status === undefined)
		throw new ObservatoryError("unavailable", "Nothing runs here", { advice: "Start it first: npm start" })
	out.write(`${renderParts(status.parts, plain).join("\n")}\n`)
	return status.parts.every(({ state }) => WELL.has(state)) ? 0 : 1
}
