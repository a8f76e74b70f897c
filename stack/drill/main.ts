/** `npm run drill`: breaks a stack of its own on purpose, and measures how it is noticed and repaired. */
import { cpus, loadavg, platform, totalmem } from "node:os"
import { exitCodeOf } from "../../core/lib/arguments.ts"
import { explain } from "../../core/lib/errors.ts"
import { writeAtomic } from "../../core/lib/files.ts"
import { projectRoot } from "../process/node-command.ts"
import { HELP, parseDrillOptions } from "./options.ts"
import { readPromises } from "./promises.ts"
import { passed, renderJson, renderMarkdown } from "./report.ts"
import { runScenarios } from "./run.ts"
import { SCENARIOS } from "./scenarios/index.ts"
import { startWorld } from "./world/world.ts"

/** An onset soon after a start is bounded, and counters need a history. */
const WARM_UP_MS = 150_000

const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)

async function main(): Promise<number> {
	const options = parseDrillOptions(
		process.argv.slice(2),
		SCENARIOS.map(({ name }) => name),
	)
	if (options.command === "help") {
		process.stdout.write(HELP)
		return 0
	}
	if (options.command === "list") {
		process.stdout.write(
			SCENARIOS.map(({ name, kind, about }) => `${name.padEnd(30)} ${kind.padEnd(6)} ${about}\n`).join(""),
		)
		return 0
	}
	const { names, format, out } = options
	const chosen = SCENARIOS.filter(({ name }) => names.length === 0 || names.includes(name))
	const promises = readPromises(projectRoot)
	const stopping = new AbortController()
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stopping.abort())
	const startedAt = Date.now()
	say(`starting a stack for ${chosen.length} drills`)
	const { world, close } = await startWorld({ ...process.env }, stopping.signal)
	try {
		for (const action of ["reconnectMcpServer", "restartWorker"])
			await world.webhook.post("/api/remediation/policies", {
				action,
				mode: "auto",
				cooldownSeconds: 0,
				maxPerHour: 100,
				maxPerDay: 1_000,
			})
		say(`the stack is up in ${world.stack.home.root}; it warms up`)
		await world.sleep(WARM_UP_MS)
		const load = loadavg()[0] ?? 0
		const outcome = await runScenarios(chosen, { world, promises, say, now: Date.now })
		const report = {
			...outcome,
			startedAt,
			endedAt: Date.now(),
			machine: `${platform()}, ${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GB, load ${load.toFixed(1)} at the start`,
			notRun: SCENARIOS.map(({ name }) => name).filter((name) => !outcome.outcomes.some((one) => one.name === name)),
		}
		const text = format === "json" ? renderJson(report) : renderMarkdown(report)
		if (out === undefined) process.stdout.write(text)
		else writeAtomic(out, text)
		return passed(report) ? 0 : 1
	} finally {
		say("stopping the stack")
		await close()
	}
}

try {
	process.exitCode = await main()
} catch (error) {
	process.stderr.write(`${explain(error)}\n`)
	process.exitCode = exitCodeOf(error)
}
