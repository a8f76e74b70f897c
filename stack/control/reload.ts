import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { writeAtomic } from "../../core/lib/files.ts"
import { passwordFile } from "../../core/lib/local-run.ts"
import { entryPoint, nodeCommand, projectRoot } from "../process/node-command.ts"
import { liveRunner, type Run } from "../process/run-file.ts"
import type { StateDir } from "../state-dir.ts"

const compilation = z.object({ options: z.array(z.string()), path: z.string() })

/** The compiler's options for a run, and the search path for promtool. */
export type Compilation = z.output<typeof compilation>

const fileIn = (run: string): string => join(run, "rules.json")

/** Stores it for `npm start -- reload`, which is another process. */
export function rememberCompilation(run: string, how: Compilation): void {
	writeAtomic(fileIn(run), `${JSON.stringify(how)}\n`)
}

/** Prometheus has no reload over HTTP here, so the compiler sends it a signal. */
function processOf({ children }: Run): string[] {
	const prometheus = children.find(({ name }) => name === "prometheus")
	return prometheus === undefined ? [] : [`--prometheus-pid=${prometheus.pid}`]
}

/**
 * Compiles the alerts of the run again and loads them; the compiler writes to the terminal itself.
 *
 * @returns the compiler's exit code
 * @throws ObservatoryError `unavailable` when nothing runs here
 */
export async function reloadAlerts({ run, secrets }: StateDir, runFile: string): Promise<number> {
	const runner = liveRunner(runFile)
	if (runner === undefined || !existsSync(fileIn(run)))
		throw new ObservatoryError("unavailable", "Nothing runs here", { advice: "Start it first: npm start" })
	const { options, path } = compilation.parse(JSON.parse(readFileSync(fileIn(run), "utf8")))
	const { file, args } = nodeCommand(entryPoint("prometheus/main"), [...options, "--reload", ...processOf(runner)])
	const env = {
		...process.env,
		PATH: path,
		PROMETHEUS_PASSWORD_FILE: passwordFile(secrets, "PROMETHEUS"),
		ALERTMANAGER_PASSWORD_FILE: passwordFile(secrets, "ALERTMANAGER"),
	}
	const child = spawn(file, args, { cwd: projectRoot, env, stdio: "inherit" })
	return new Promise((done, failed) => {
		child.once("error", failed)
		child.once("exit", (code) => done(code ?? 1))
	})
}
