import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { readRun } from "../../stack/process/run-file.ts"
import { program } from "./programs.ts"

const root = path.resolve(import.meta.dirname, "../..")
const LISTEN = [
	"POSTGRES",
	"EXPORTERS",
	"OTLP",
	"OTLP_GRPC",
	"WEBHOOK",
	"PROMETHEUS",
	"ALERTMANAGER",
	"GRAFANA",
	"DEMO",
	"DEMO_MCP",
	"DEMO_POSTGRES",
]

export interface StackRun {
	readonly pid: number
	/** Everything it has said so far, on both streams. */
	output(): string
	/** Resolves as soon as its output has `text`. */
	says(text: string, withinMs?: number): Promise<void>
	readonly exited: Promise<number | NodeJS.Signals | null>
	kill(signal: NodeJS.Signals): void
}

/** A folder of local state of its own, below one that every user may pass. */
export function temporaryHome(): { home: string; remove(): void } {
	const home = mkdtempSync(path.join(tmpdir(), "observatory-stack-"))
	return { home, remove: () => rmSync(home, { recursive: true, force: true }) }
}

let givenPorts = 0

/**
 * A free port, or for the part that tests kill and bring back one below the range from which the system takes ports for
 * connections: another process must not have it meanwhile.
 */
function portOf(name: string): number {
	if (name !== "DEMO_MCP") return 0
	return 20_000 + ((process.pid * 7 + givenPorts++) % 10_000)
}

/** Runs the local runner as `npm start` does, on free ports, with its state in `home`. */
export function runStackProcess(home: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): StackRun {
	const addresses = Object.fromEntries(LISTEN.map((name) => [`${name}_LISTEN`, `127.0.0.1:${portOf(name)}`]))
	// Commands are compiled; a run is what `npm start` runs.
	const isCommand = args[0] !== undefined && !args[0].startsWith("-")
	const main = isCommand ? program("stack/main.ts") : ["--import", "tsx", "stack/main.ts"]
	const child = spawn(process.execPath, [...main, ...args], {
		cwd: root,
		env: {
			...process.env,
			npm_lifecycle_event: undefined,
			...addresses,
			OBSERVATORY_HOME: home,
			DEMO_PAST_DAYS: "0",
			...env,
		},
		stdio: ["ignore", "pipe", "pipe"],
	})
	let text = ""
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk))
	const exited = new Promise<number | NodeJS.Signals | null>((resolve) =>
		child.once("close", (code, signal) => resolve(signal ?? code)),
	)
	return {
		pid: child.pid ?? 0,
		output: () => text,
		exited,
		kill: (signal) => void child.kill(signal),
		async says(wanted, withinMs = 180_000) {
			for (let waited = 0; !text.includes(wanted); waited += 100) {
				if (waited > withinMs || child.exitCode !== null) throw new Error(`it never said "${wanted}":\n${text}`)
				await sleep(100)
			}
		},
	}
}

/** What the run file of `home` says is running: the parts and their process groups. */
export const childrenOf = (home: string) => readRun(path.join(home, "run/runner.json"))?.children ?? []

/** The ports that a run's output names. */
export const portsIn = (output: string) => [
	...new Set([...output.matchAll(/(?:127\.0\.0\.1|\.localhost):(\d+)/g)].map(([, port]) => Number(port))),
]

export function isListening(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ host: "127.0.0.1", port })
		socket.once("connect", () => resolve(true))
		socket.once("error", () => resolve(false))
		socket.once("close", () => socket.destroy())
		socket.unref()
	})
}

/** Whether anything of a process group is left, zombies aside. */
export function groupLives(leader: number): boolean {
	try {
		process.kill(-leader, 0)
		return true
	} catch (error) {
		return (error as NodeJS.ErrnoException).code !== "ESRCH"
	}
}
