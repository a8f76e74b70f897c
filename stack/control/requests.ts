import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { liveRunner } from "../process/run-file.ts"

/** The folder in which an empty file named like a part means that the part is to stay stopped. */
const pausedFolder = (run: string) => join(run, "paused")

/** Names of the parts that somebody has asked to stop. */
export function pausedParts(run: string): ReadonlySet<string> {
	const folder = pausedFolder(run)
	return new Set(existsSync(folder) ? readdirSync(folder) : [])
}

/** Forgets all requests, at the start of a run. */
export function clearRequests(run: string): void {
	rmSync(pausedFolder(run), { recursive: true, force: true })
}

/**
 * Asks the running runner to stop a part and keep it stopped, or to let it run again.
 *
 * @throws ObservatoryError `unavailable` when nothing runs here, `not_found` for a part that does not
 */
export function request(run: string, runFile: string, verb: "break" | "repair", target: string): void {
	const runner = liveRunner(runFile)
	if (runner === undefined)
		throw new ObservatoryError("unavailable", "Nothing runs here", { advice: "Start it first: npm start" })
	const paused = pausedParts(run)
	const names = [...new Set([...runner.children.map(({ name }) => name), ...paused])]
	if (!names.includes(target))
		throw new ObservatoryError("not_found", `No part named "${target}" runs`, {
			advice: `These do: ${names.join(", ")}.`,
		})
	const file = join(pausedFolder(run), target)
	mkdirSync(pausedFolder(run), { recursive: true })
	if (verb === "break") writeFileSync(file, "")
	else rmSync(file, { force: true })
}
