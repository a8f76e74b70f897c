import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { writeAtomic } from "../../core/lib/files.ts"
import { entryPoint, nodeCommand, projectRoot } from "../process/node-command.ts"
import { liveRunner } from "../process/run-file.ts"

const compilation = z.object({ options: z.array(z.string()), path: z.string() })

/** How the alerts of a run are compiled: the compiler's options, and the search path on which it finds promtool. */
export type Compilation = z.output<typeof compilation>

const fileIn = (run: string): string => join(run, "rules.json")

/** Saves it for `npm start -- reload`, which is another process. */
export function rememberCompilation(run: string, how: Compilation): void {
	writeAtomic(fileIn(run), `${JSON.stringify(how)}\n`)
}

/**
 * Compiles the alerts of the run again and reloads them; the compiler talks to the terminal itself.
 *
 * @returns the compiler's exit code
 * @throws ObservatoryError `unavailable` when nothing runs here
 */
export async function reloadAlerts(run: string, runFile: string): Promise<number> {
	if (liveRunner(runFile) === undefined || !existsSync(fileIn(run)))
		throw new ObservatoryError("unavailable", "Nothing runs here", { advice: "Start it first: npm start" })
	const { options, path } = compilation.parse(JSON.parse(readFileSync(fileIn(run), "utf8")))
	const { file, args } = nodeCommand(entryPoint("prometheus/main"), [...options, "--reload"])
	const child = spawn(file, args, { cwd: projectRoot, env: { ...process.env, PATH: path }, stdio: "inherit" })
	return new Promise((done, failed) => {
		child.once("error", failed)
		child.once("exit", (code) => done(code ?? 1))
	})
}
