import { Logger as WorkerLogger } from "graphile-worker"
import type { Logger } from "../../../core/lib/log.ts"

/** graphile-worker's messages in our log: its info level is debug here. */
export const workerLogger = (log: Logger): WorkerLogger =>
	new WorkerLogger(() => (level, message, meta) => {
		const write = level === "error" ? log.error : level === "warning" ? log.warn : log.debug
		write.call(log, { jobs: meta?.label }, message)
	})

export const quietLogger = new WorkerLogger(() => () => undefined)
