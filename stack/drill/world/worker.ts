import { type ChildProcess, spawn } from "node:child_process"
import { writeAtomic } from "../../../core/lib/files.ts"

/** A process of the simulated monitored system, which the exporters find by its pid file. */
export interface Worker {
	/** Ends it without a restart. */
	kill(): Promise<void>
	/** Lets it use this much memory. */
	fill(megabytes: number): void
	/** Replaces it by a new, small one. */
	restart(): Promise<void>
}

/** Each number on its input makes it use as many megabytes more. It ends with the drill. */
const PROGRAM = `
const used = []
process.stdin.on("data", (data) => { for (let i = 0; i < Number(data); i++) used.push(Buffer.alloc(1 << 20, 1)) })
process.stdin.on("end", () => process.exit(0))
`

export function startWorker(pidFile: string): Worker {
	let child: ChildProcess | undefined
	const launch = () => {
		child = spawn(process.execPath, ["-e", PROGRAM], { stdio: ["pipe", "ignore", "ignore"], env: {} })
		// It may be killed while it is being filled.
		child.stdin?.on("error", () => undefined)
		writeAtomic(pidFile, `${child.pid}\n`)
	}
	const kill = async () => {
		const ending = child
		child = undefined
		if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return
		const ended = new Promise<void>((resolve) => ending.once("exit", () => resolve()))
		ending.kill("SIGKILL")
		await ended
	}
	launch()
	return {
		kill,
		fill: (megabytes) => void child?.stdin?.write(`${megabytes}`),
		async restart() {
			await kill()
			launch()
		},
	}
}
