import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { liveRunner } from "../process/run-file.ts"
import { readStatus } from "./status-file.ts"

/** The folder in which an empty file named like a part means that the part is to stay stopped. */
const pausedFolder = (run: string) => join(run, "paused")
/** The folder in which an empty file named like a part means that it is to be started or replaced now. */
const repairFolder = (run: string) => join(run, "repair")

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])

/** Names of the parts that are to stay stopped. */
export const pausedParts = (run: string): ReadonlySet<string> => new Set(namesIn(pausedFolder(run)))

/** Names of the parts that are to be repaired; each request is returned once. */
export function takeRepairs(run: string): string[] {
	const names = namesIn(repairFolder(run))
	for (const name of names) rmSync(join(repairFolder(run), name), { force: true })
	return names
}

/** Forgets all requests, at the start of a run. */
export function clearRequests(run: string): void {
	for (const folder of [pausedFolder(run), repairFolder(run)]) rmSync(folder, { recursive: true, force: true })
}

/**
 * Asks the running runner to stop a part and keep it stopped, or to start it, whatever state it is in.
 *
 * @throws ObservatoryError `unavailable` when nothing runs here, `not_found` for a name that is no part's
 */
export function request(run: string, runFile: string, verb: "break" | "repair", target: string): void {
	const runner = liveRunner(runFile)
	if (runner === undefined)
		throw new ObservatoryError("unavailable", "Nothing runs here", { advice: "Start it first: npm start" })
	const services = (readStatus(run)?.parts ?? []).filter(({ service }) => service).map(({ part }) => part.name)
	const names = [...new Set([...services, ...runner.children.map(({ name }) => name), ...pausedParts(run)])]
	if (!names.includes(target))
		throw new ObservatoryError("not_found", `There is no part "${target}"`, {
			advice: `The parts are ${names.join(", ")}.`,
		})
	if (verb === "break") mark(pausedFolder(run), target)
	else if (!pausedParts(run).has(target)) mark(repairFolder(run), target)
	else rmSync(join(pausedFolder(run), target), { force: true })
}

function mark(folder: string, name: string): void {
	mkdirSync(folder, { recursive: true })
	writeFileSync(join(folder, name), "")
}
