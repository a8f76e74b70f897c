import { setTimeout as sleep } from "node:timers/promises"
import { runStackProcess, temporaryHome } from "../support/stack.ts"
import { table } from "./parts/figures.ts"
import { memoryBelow, type ProgramMemory } from "./parts/process-memory.ts"

const MIB = 1024 * 1024
/** After everything is up, for the first collections, evaluations and sessions. */
const SETTLE_MS = 60_000

/** The resident memory of everything that `npm start` runs, with the demo, a minute after it is up. */
export async function run(): Promise<boolean> {
	const { home, remove } = temporaryHome()
	const stack = runStackProcess(home)
	try {
		await stack.says("Autonomous system (demo): up at", 300_000)
		await sleep(SETTLE_MS)
		report(memoryBelow(stack.pid))
	} finally {
		stack.kill("SIGTERM")
		await stack.exited
		remove()
	}
	return true
}

function report(programs: readonly ProgramMemory[]): void {
	const mib = (bytes: number) => `${(bytes / MIB).toFixed(0)} MiB`
	const row = ({ program, processes, rss, pss }: ProgramMemory) => [program, String(processes), mib(rss), mib(pss)]
	const sum = (of: (program: ProgramMemory) => number) => programs.reduce((total, program) => total + of(program), 0)
	const all = {
		program: "altogether",
		processes: sum(({ processes }) => processes),
		rss: sum(({ rss }) => rss),
		pss: sum(({ pss }) => pss),
	}
	process.stdout.write(`${table([["program", "processes", "RSS", "PSS"], ...programs.map(row), row(all)])}\n`)
}
