import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { request } from "../../../core/clients/request.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import type { Restarter } from "./config.ts"

/** The step of a plan that a restarter performs. */
export function describeRestarter(restarter: Restarter): string {
	if ("systemd" in restarter) return `restart the systemd unit ${restarter.systemd}`
	if ("container" in restarter) return `restart the container ${restarter.container} with ${restarter.engine}`
	if ("http" in restarter) return `call POST ${restarter.http.url}`
	return `run ${restarter.exec.join(" ")}`
}

/** The environment of the program: nothing else of ours reaches it. */
export interface ProgramEnv extends Record<string, string> {
	readonly PATH: string
	readonly HOME: string
}

/** Restarts, and waits for the end; `signal` aborts. @throws ObservatoryError with the program's output */
export async function restart(restarter: Restarter, env: ProgramEnv, signal: AbortSignal): Promise<void> {
	if ("http" in restarter) {
		const { url, token_file: file } = restarter.http
		const headers = file === undefined ? {} : { authorization: `Bearer ${readFileSync(file, "utf8").trim()}` }
		await request("The control endpoint", url, { method: "POST", headers, signal }, 60_000)
		return
	}
	const [program, ...args] =
		"systemd" in restarter
			? ["systemctl", "restart", restarter.systemd]
			: "container" in restarter
				? [restarter.engine, "restart", restarter.container]
				: restarter.exec
	await new Promise<void>((resolve, reject) => {
		// No shell, and not our whole environment: it contains secrets.
		execFile(
			program,
			args,
			{ signal, killSignal: "SIGKILL", maxBuffer: 1_000_000, env: { ...env } },
			(error, _stdout, stderr) => {
				if (!error) return resolve()
				const said = stderr.trim().slice(-500)
				reject(
					new ObservatoryError("source_rejected", `${program} failed: ${said || messageOf(error)}`, { cause: error }),
				)
			},
		)
	})
}
