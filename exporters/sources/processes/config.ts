import { z } from "zod"

/** A worker of the monitored system, and how to find its processes. */
export interface WorkerConfig {
	readonly name: string
	readonly by: "pid" | "pidfile" | "command"
	/** A process id, the path of a pid file, or a part of the command line. */
	readonly value: string
}

const EXPECTED = "expected NAME=pid:1234, NAME=pidfile:/run/agent.pid or NAME=command:TEXT, separated by commas"

/** The `WORKERS` variable. */
export const workers = () =>
	z
		.string()
		.default("")
		.transform((text, ctx): readonly WorkerConfig[] => {
			const entries = text.split(",").map((entry) => entry.trim())
			const parsed = entries.filter((entry) => entry !== "").map((entry) => parseWorker(entry) ?? entry)
			for (const entry of parsed)
				if (typeof entry === "string") ctx.addIssue({ code: "custom", message: `${EXPECTED}, not "${entry}"` })
			const good = parsed.filter((entry) => typeof entry !== "string")
			const twice = good.find(({ name }, i) => good.findIndex((other) => other.name === name) !== i)
			if (twice) ctx.addIssue({ code: "custom", message: `the worker ${twice.name} is given twice` })
			return good
		})

function parseWorker(entry: string): WorkerConfig | undefined {
	const match = /^([\w.-]+)=(pid|pidfile|command):(.+)$/.exec(entry)
	if (match === null) return undefined
	const [, name = "", by, value = ""] = match
	if (by === "pid" && !/^\d+$/.test(value)) return undefined
	return { name, by: by as WorkerConfig["by"], value }
}
