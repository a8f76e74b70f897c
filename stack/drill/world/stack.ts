import { spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { request } from "../../control/requests.ts"
import { readStatus } from "../../control/status-file.ts"
import { openOrDiscard } from "../../process/log-file.ts"
import { entryPoint, nodeCommand, projectRoot } from "../../process/node-command.ts"
import { readRun } from "../../process/run-file.ts"
import { LISTEN_VARIABLES } from "../../settings.ts"
import { type StateDir, stateDirAt } from "../../state-dir.ts"

/** A whole stack of a drill's own, as `npm start` runs it: its folder, its ports and its processes. */
export interface Stack {
	readonly home: StateDir
	/** `host:port` of each `*_LISTEN` variable. */
	readonly addresses: Addresses
	secret(name: string): string
	/** Stops a part and keeps it stopped, or starts it again, as `npm start -- break` and `repair` do. */
	pause(part: string): Promise<void>
	repair(part: string): Promise<void>
	/** The process of a part. @throws ObservatoryError when it does not run */
	pidOf(part: string): number
	/** Stops the whole stack in order; `start` starts it again with its data. */
	stop(): Promise<void>
	start(): Promise<void>
	/** Stops it and removes its folder. */
	remove(): Promise<void>
}

export type Addresses = Readonly<Record<(typeof LISTEN_VARIABLES)[number], string>>

/** Of the caller's environment only what programs need: no token, address or secret of a real installation. */
const NEEDED = /^(PATH|HOME|USER|LANG|LC_.*|TZ|TMPDIR|TSX_DISABLE_CACHE|GO(GC|MAXPROCS|MEMLIMIT))$/

/** On a machine that does much else. */
const UP_WITHIN_MS = 600_000
const DOWN_WITHIN_MS = 60_000

/** A folder for a stack; programs that `npm start -- --install` fetched before are used from there. */
export function createHome(): StateDir {
	const home = stateDirAt(projectRoot, mkdtempSync(join(tmpdir(), "observatory-drill-")))
	for (const folder of [home.logs, home.run, home.secrets]) mkdirSync(folder, { recursive: true })
	const fetched = stateDirAt(projectRoot).packages
	if (existsSync(fetched)) symlinkSync(fetched, home.packages)
	return home
}

/**
 * Starts a stack in `home` and waits until all of its services are up.
 *
 * @throws ObservatoryError `unavailable` with the end of its output
 */
export async function startStack(
	home: StateDir,
	{
		env,
		settings,
		signal,
	}: {
		readonly env: NodeJS.ProcessEnv
		readonly settings: (addresses: Addresses) => NodeJS.ProcessEnv
		/** Ends every wait for a part. */
		readonly signal: AbortSignal
	},
): Promise<Stack> {
	const addresses = await freeAddresses()
	const inherited = Object.fromEntries(Object.entries(env).filter(([name]) => NEEDED.test(name)))
	const runFile = join(home.run, "runner.json")
	const logFile = join(home.logs, "stack.log")
	const childEnv = {
		...inherited,
		...addresses,
		OBSERVATORY_HOME: home.root,
		DEMO_PAST_DAYS: "0",
		// It stops when this process has gone, as it does for npm.
		npm_lifecycle_event: "drill",
		...settings(addresses),
	}
	let child: ReturnType<typeof launch> | undefined
	const launch = () => {
		const { file, args } = nodeCommand(entryPoint("stack/main"), ["--demo"])
		const log = openOrDiscard(logFile)
		// In a group of its own: Ctrl-C is for the drill, which then stops it in order.
		const started = spawn(file, args, {
			cwd: projectRoot,
			env: childEnv,
			stdio: ["ignore", log.fd, log.fd],
			detached: true,
		})
		log.close()
		return { process: started, exited: new Promise<void>((resolve) => started.once("exit", () => resolve())) }
	}
	const until = (holds: () => boolean, problem: string) => untilHolds(holds, { problem, logFile, signal })
	const change = async (verb: "break" | "repair", part: string, state: string) => {
		request(home.run, runFile, verb, part)
		await until(() => stateOf(home, part) === state, `${part} is not ${state}`)
	}
	const stack: Stack = {
		home,
		addresses,
		secret: (name) => readFileSync(join(home.secrets, name), "utf8").trim(),
		pause: (part) => change("break", part, "paused"),
		async repair(part) {
			const before = pidIn(runFile, part)
			request(home.run, runFile, "repair", part)
			const isNew = () => stateOf(home, part) === "up" && pidIn(runFile, part) !== before
			await until(isNew, `${part} is not up`)
		},
		pidOf(part) {
			const pid = pidIn(runFile, part)
			if (pid === undefined) throw new ObservatoryError("unavailable", `The part ${part} does not run`)
			return pid
		},
		async stop() {
			if (child === undefined) return
			child.process.kill("SIGTERM")
			const timer = setTimeout(() => child?.process.kill("SIGTERM"), DOWN_WITHIN_MS)
			await child.exited
			clearTimeout(timer)
			child = undefined
		},
		async start() {
			child = launch()
			const running = child.process
			const isUp = () => {
				if (running.exitCode !== null) throw new ObservatoryError("unavailable", `The stack ended:\n${tail(logFile)}`)
				const services = (readStatus(home.run)?.parts ?? []).filter(({ service }) => service)
				return readRun(runFile)?.runner.pid === running.pid && services.length > 0 && services.every(isWell)
			}
			await until(isUp, "The stack is not up")
		},
		async remove() {
			await stack.stop()
			rmSync(home.root, { recursive: true, force: true })
		},
	}
	try {
		await stack.start()
	} catch (error) {
		await stack.remove()
		throw error
	}
	return stack
}

const pidIn = (runFile: string, part: string) => readRun(runFile)?.children.find(({ name }) => name === part)?.pid

const stateOf = (home: StateDir, name: string) =>
	readStatus(home.run)?.parts.find(({ part }) => part.name === name)?.state

/** Grafana may be missing: the console has boards of its own. */
const isWell = ({ part, state }: { readonly part: { readonly name: string }; readonly state: string }) =>
	state === "up" || part.name === "grafana"

async function untilHolds(
	holds: () => boolean,
	{ problem, logFile, signal }: { readonly problem: string; readonly logFile: string; readonly signal: AbortSignal },
): Promise<void> {
	for (let waited = 0; !holds(); waited += 250) {
		if (waited > UP_WITHIN_MS)
			throw new ObservatoryError("unavailable", `${problem} after ${UP_WITHIN_MS / 1000} s:\n${tail(logFile)}`)
		await sleep(250, undefined, { signal })
	}
}

function tail(file: string): string {
	try {
		return readFileSync(file, "utf8").trim().split("\n").slice(-15).join("\n")
	} catch {
		return "(no output)"
	}
}

/** Below the ports from which systems serve connections, so that a part that is killed finds its port free again. */
const FIRST_PORT = 20_000
const PORTS = 9_000

async function freeAddresses(): Promise<Addresses> {
	const found: [string, string][] = []
	let port = FIRST_PORT + Math.floor(Math.random() * PORTS)
	for (const variable of LISTEN_VARIABLES) {
		while (!(await isFree(port))) port += 1
		found.push([variable, `127.0.0.1:${port}`])
		port += 1
	}
	return Object.fromEntries(found) as Addresses
}

function isFree(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const server = createServer()
		server.once("error", () => resolve(false))
		server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)))
	})
}
