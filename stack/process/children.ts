import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { endGroup, signalGroup } from "./groups.ts"
import { openOrDiscard } from "./log-file.ts"
import type { Reaper } from "./reaper.ts"
import type { RunFile } from "./run-file.ts"

/** A program to run, as the leader of a process group of its own. */
export interface Command {
	readonly file: string
	readonly args: readonly string[]
	readonly env: NodeJS.ProcessEnv
	readonly cwd: string
	/** The user it runs as; the runner's own when absent. Needs root. */
	readonly user?: RunAs
}

/** A user without rights, for a program that refuses to run as root. */
export interface RunAs {
	readonly uid: number
	readonly gid: number
	/** Linux capabilities that it keeps, as setpriv names them; needs setpriv. */
	readonly capabilities: readonly string[]
}

export interface Exit {
	readonly code: number | null
	readonly signal: NodeJS.Signals | null
}

export interface RunningChild {
	readonly pid: number
	readonly exited: Promise<Exit>
	/** Ends it and everything in its group. */
	stop(signal: NodeJS.Signals, graceMs: number): Promise<void>
}

/** Where children are written down, so that none of them can outlive the runner. */
export interface Children {
	start(
		name: string,
		command: Command,
		options: { logFile: string; signal: NodeJS.Signals; graceMs: number },
	): Promise<RunningChild>
}

/**
 * Starts children that end with the runner: each is reported to the reaper and the run file, and on Linux the kernel
 * is asked (prctl PR_SET_PDEATHSIG, through `setpriv`) to signal it when the runner dies.
 */
export function createChildren(reaper: Reaper, runFile: RunFile, setpriv: string | undefined): Children {
	return {
		async start(name, command, { logFile, signal, graceMs }) {
			const log = openOrDiscard(logFile)
			const child = spawnGroup(command, setpriv, signal, log.fd)
			log.close()
			const exited = new Promise<Exit>((resolve) =>
				child.once("exit", (code, endSignal) => resolve({ code, signal: endSignal })),
			)
			const pid = await spawned(child, command.file)
			reaper.watch({ leader: pid, signal, graceMs })
			runFile.add(name, pid)
			const reaped = exited.then((exit) => {
				// What it may have left behind in its group goes with it.
				signalGroup(pid, "SIGKILL")
				reaper.forget(pid)
				runFile.remove(pid)
				return exit
			})
			return {
				pid,
				exited: reaped,
				async stop(stopSignal, stopGraceMs) {
					await endGroup(pid, stopSignal, stopGraceMs)
					await reaped
				},
			}
		},
	}
}

function spawnGroup(command: Command, setpriv: string | undefined, signal: NodeJS.Signals, log: number): ChildProcess {
	const base = {
		cwd: command.cwd,
		env: command.env,
		detached: true,
		stdio: ["ignore", log, log],
	} satisfies SpawnOptions
	if (setpriv !== undefined)
		return spawn(setpriv, [...setprivOptions(command.user, signal), command.file, ...command.args], base)
	const { uid, gid } = command.user ?? {}
	return spawn(command.file, command.args, { ...base, ...(uid === undefined ? {} : { uid, gid }) })
}

/** Options of util-linux' setpriv(1): a signal on the parent's death, and the user to become. */
export function setprivOptions(user: RunAs | undefined, deathSignal: NodeJS.Signals): string[] {
	const options = [`--pdeathsig=${deathSignal.replace("SIG", "")}`]
	if (user === undefined) return options
	options.push(`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups")
	if (user.capabilities.length === 0) return options
	const kept = ["-all", ...user.capabilities.map((name) => `+${name}`)].join(",")
	// access(2) ignores capabilities of other users than root, unless this bit is set.
	options.push(`--inh-caps=${kept}`, `--ambient-caps=${kept}`, "--securebits=+no_setuid_fixup")
	return options
}

function spawned(child: ChildProcess, file: string): Promise<number> {
	return new Promise((resolve, reject) => {
		child.once("spawn", () => resolve(child.pid ?? 0))
		child.once("error", (error) =>
			reject(
				new ObservatoryError("dependency_missing", `${file} cannot be run: ${messageOf(error)}`, { cause: error }),
			),
		)
	})
}
