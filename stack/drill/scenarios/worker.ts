import { fault, quiet } from "../scenario.ts"
import { WORKER } from "../world/names.ts"

const labels = { worker: WORKER }

export const WORKERS = [
	fault({
		name: "worker-dead",
		about: "A worker's process dies; the automatic remediation has to restart it.",
		breaks: ["worker"],
		uses: ["exporters"],
		expects: [{ alert: "worker_down", labels, remediation: "succeeded" }],
		inject: async (world) => void (await world.worker.kill()),
		restore: (world) => world.worker.restart(),
	}),
	fault({
		name: "worker-memory",
		about: "A worker uses 2.2 GB of memory; the automatic remediation has to restart it.",
		breaks: ["worker"],
		uses: ["exporters"],
		expects: [{ alert: "high_memory_usage", labels, remediation: "succeeded" }],
		inject: async (world) => void world.worker.fill(2_200),
		restore: (world) => world.worker.restart(),
	}),
	fault({
		name: "webhook-killed-in-remediation",
		about: "alert-webhook is killed while it restarts a worker; after its restart the remediation ends, once.",
		breaks: ["worker", "webhook"],
		uses: ["exporters"],
		expects: [{ alert: "worker_down", labels, remediation: "succeeded" }],
		async inject(world) {
			await world.worker.kill()
			const killed = (async () => {
				for (;;) {
					const [row] = await world.own(
						"select state from observatory.remediations where state in ('running', 'verifying') and action = 'restartWorker'",
					)
					if (row !== undefined) return process.kill(world.stack.pidOf("webhook"), "SIGKILL")
					await world.sleep(200)
				}
			})()
			// It ends with the drill.
			killed.catch(() => undefined)
			return undefined
		},
		restore: (world) => world.worker.restart(),
	}),
	quiet({
		name: "worker-restarted",
		about: "A worker is restarted for a deployment and is away for 20 seconds.",
		breaks: ["worker"],
		uses: ["exporters"],
		async run(world) {
			await world.worker.kill()
			await world.sleep(20_000)
			await world.worker.restart()
		},
		watchMs: 180_000,
	}),
]
