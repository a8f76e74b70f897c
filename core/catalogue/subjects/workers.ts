import { atMost, counter, gauge, path, recording, subject } from "../define.ts"
import { perSecond } from "../promql.ts"

const worker = atMost(50, "the worker's name in WORKERS")

export const workerUp = gauge({
	name: "autonomous_worker_up",
	group: "health",
	quantity: "count",
	help: "1 while at least one process of a configured worker lives, else 0.",
	labels: { worker },
	emitter: "workers",
})

export const workerProcesses = gauge({
	name: "autonomous_worker_processes",
	group: "health",
	quantity: "count",
	help: "Living processes of a configured worker.",
	labels: { worker },
	emitter: "workers",
})

export const workerMemory = gauge({
	name: "autonomous_worker_resident_memory_bytes",
	group: "health",
	quantity: "bytes",
	help: "Resident memory of a worker's processes together.",
	labels: { worker },
	emitter: "workers",
})

export const workerCpu = counter({
	name: "autonomous_worker_cpu_seconds_total",
	group: "health",
	quantity: "seconds",
	help: "Processor time, user and system, that a worker's processes used.",
	labels: { worker },
	emitter: "workers",
})

export const workerCpuRatio = recording({
	name: "worker:autonomous_worker_cpu:ratio_rate5m",
	quantity: "ratio",
	help: "Processors that a worker kept busy over 5 minutes: 0.5 is half of one.",
	formula: "rate of processor seconds, 5 m",
	window: "5m",
	expr: perSecond(workerCpu, "5m", ["worker"]),
	labels: ["worker"],
})

export default subject({
	title: "Workers",
	series: [workerUp, workerProcesses, workerMemory, workerCpu],
	recordings: [workerCpuRatio],
	paths: [
		path({
			path: "metrics.workers.*.up",
			quantity: "count",
			help: workerUp.help,
			value: { of: workerUp },
			wildcard: "worker",
		}),
		path({
			path: "metrics.workers.*.memory",
			quantity: "bytes",
			help: workerMemory.help,
			value: { of: workerMemory },
			wildcard: "worker",
		}),
		path({
			path: "metrics.workers.*.cpu",
			quantity: "ratio",
			help: workerCpuRatio.help,
			value: { of: workerCpuRatio },
			counter: { of: workerCpu },
			wildcard: "worker",
			window: "5m",
		}),
	],
})
