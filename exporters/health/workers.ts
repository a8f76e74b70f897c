import { readFile } from "node:fs/promises"
import { workerCpu, workerMemory, workerProcesses, workerUp } from "../../core/catalogue/subjects/workers.ts"
import { isMissing } from "../../core/lib/files.ts"
import type { Collector } from "../../core/metrics/collector.ts"
import { sample } from "../../core/metrics/samples.ts"
import type { WorkerConfig } from "../sources/processes/config.ts"
import type { Process, ProcessTable } from "../sources/processes/table.ts"

/** Memory, CPU time and liveness of the monitored system's processes on this machine. */
export function workersCollector(workers: readonly WorkerConfig[], table: ProcessTable): Collector {
	const cpu = new CpuTime()
	return {
		name: "workers",
		group: "health",
		emits: [workerUp, workerProcesses, workerMemory, workerCpu],
		intervalMs: 15_000,
		timeoutMs: 10_000,
		async collect(signal) {
			const matchers = await Promise.all(workers.map(async (worker) => [worker.name, await matcher(worker)] as const))
			const wanted = (pid: number, command: string) => matchers.some(([, matches]) => matches(pid, command))
			const processes = await table(wanted, signal)
			return matchers.flatMap(([worker, matches]) => {
				const its = processes.filter(({ pid, command }) => matches(pid, command))
				return [
					sample(workerUp, { worker }, its.length > 0 ? 1 : 0),
					sample(workerProcesses, { worker }, its.length),
					sample(
						workerMemory,
						{ worker },
						its.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
					),
					sample(workerCpu, { worker }, cpu.add(worker, its)),
				]
			})
		},
	}
}

type Matcher = (pid: number, command: string) => boolean

/** Without its pid file a worker is down; an unreadable pid file is an error. */
async function matcher({ by, value }: WorkerConfig): Promise<Matcher> {
	if (by === "command") return (pid, command) => pid !== process.pid && command.includes(value)
	const text = by === "pid" ? value : await readPidFile(value)
	return (pid) => String(pid) === text
}

async function readPidFile(file: string): Promise<string> {
	try {
		return (await readFile(file, "utf8")).trim()
	} catch (error) {
		if (isMissing(error)) return ""
		throw error
	}
}

/** CPU time of a worker as a counter, which never falls when processes start and exit. */
class CpuTime {
	readonly #totals = new Map<string, number>()
	#seen = new Map<string, number>()

	add(worker: string, processes: readonly Process[]): number {
		let total = this.#totals.get(worker) ?? 0
		const ownKey = (key: string) => key.startsWith(`${worker} `)
		const next = new Map([...this.#seen].filter(([key]) => !ownKey(key)))
		for (const { pid, started, cpuSeconds } of processes) {
			const key = `${worker} ${pid} ${started}`
			const before = this.#seen.get(key) ?? 0
			// A lower value belongs to another process with the same pid.
			total += cpuSeconds >= before ? cpuSeconds - before : cpuSeconds
			next.set(key, cpuSeconds)
		}
		this.#seen = next
		this.#totals.set(worker, total)
		return total
	}
}
