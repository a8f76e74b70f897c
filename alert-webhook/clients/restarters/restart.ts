import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import { request } from "../fetch.ts"
import type { Lever } from "./config.ts"

/** What pulling a lever does, for a plan. */
export function describeLever(lever: Lever): string {
	if ("systemd" in lever) return `restart the systemd unit ${lever.systemd}`
	if ("container" in lever) return `restart the container ${lever.container} with ${lever.engine}`
	if ("http" in lever) return `call POST ${lever.http.url}`
	return `run ${lever.exec.join(" ")}`
}

/** All that a program learns of our environment. */
export interface ProgramEnv extends Record<string, string> {
	readonly PATH: string
	readonly HOME: string
}

/** Pulls a lever and waits until that is done; `signal` ends it. @throws ObservatoryError saying what happened */
export async function pullLever(lever: Lever, env: ProgramEnv, signal: AbortSignal): Promise<void> {
	if ("http" in lever) {
		const { url, token_file: file } = lever.http
		const headers = file === undefined ? {} : { authorization: `Bearer ${readFileSync(file, "utf8").trim()}` }
		await request("The control endpoint", url, { method: "POST", headers, signal }, 60_000)
		return
	}
	const [program, ...args] =
		"systemd" in lever
			? ["systemctl", "restart", lever.systemd]
			: "container" in lever
				? [lever.engine, "restart", lever.container]
				: lever.exec
	await new Promise<void>((resolve, reject) => {
		// No shell, and none of the rest of our environment: it holds secrets.
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
