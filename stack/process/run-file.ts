import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { z } from "zod"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { writeAtomic } from "../../core/lib/files.ts"
import { endGroup } from "./groups.ts"
import { isAlive, processIdentity } from "./identity.ts"

const processSchema = z.object({ name: z.string(), pid: z.int().positive(), identity: z.string() })
const runSchema = z.object({ runner: processSchema, startedAt: z.string(), children: z.array(processSchema) })

const SAVE_AGAIN_MS = 1_000

/** Who runs here and what it has started, as the file says that the next start reads. */
export type Run = z.output<typeof runSchema>

/** This runner's entry in the run file. */
export interface RunFile {
	add(name: string, pid: number): void
	remove(pid: number): void
	/** Removes the file; call it when nothing is left running. */
	release(): void
}

/**
 * Claims the right to run with `file`, which names the process that has it. What an earlier run that was killed has
 * left running is ended first.
 *
 * @throws ObservatoryError `conflict` while another runner has it
 */
export async function acquireRunFile(file: string, startedAt: Date, write = writeAtomic): Promise<RunFile> {
	const me = describe("runner", process.pid)
	let run: Run = { runner: me, startedAt: startedAt.toISOString(), children: [] }
	const draft = `${file}.${process.pid}.new`
	writeFileSync(draft, JSON.stringify(run))
	try {
		while (!claim(draft, file)) await clearStale(file)
	} finally {
		rmSync(draft, { force: true })
	}
	let saved = true
	const save = () => {
		try {
			write(file, JSON.stringify(run))
			saved = true
		} catch {
			// No space, for example. Until it can be written the reaper alone knows all that runs.
			saved = false
		}
	}
	// No periodic task: on a full disk a log is no help, and the runner must be able to end at once.
	const retry = setInterval(() => saved || save(), SAVE_AGAIN_MS).unref()
	return {
		add(name, pid) {
			run = { ...run, children: [...run.children, describe(name, pid)] }
			save()
		},
		remove(pid) {
			run = { ...run, children: run.children.filter((child) => child.pid !== pid) }
			save()
		},
		release() {
			clearInterval(retry)
			try {
				rmSync(file, { force: true })
			} catch {
				// A read-only disk: the next start sees that the runner in it is gone.
			}
		},
	}
}

/** The run that `file` describes; undefined when there is none or it cannot be read as one. */
export function readRun(file: string): Run | undefined {
	try {
		return runSchema.parse(JSON.parse(readFileSync(file, "utf8")))
	} catch {
		// Absent, or cut off by a power failure: no process can have claimed it.
		return undefined
	}
}

/** The runner that holds `file`, if it is alive. */
export function liveRunner(file: string): Run | undefined {
	const run = readRun(file)
	return run !== undefined && isAlive(run.runner.pid, run.runner.identity) ? run : undefined
}

function describe(name: string, pid: number) {
	return { name, pid, identity: processIdentity(pid) ?? "ended" }
}

/** A hard link is made by one process only, which makes it the lock. */
function claim(draft: string, file: string): boolean {
	try {
		linkSync(draft, file)
		return true
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "EEXIST") return false
		throw error
	}
}

async function clearStale(file: string): Promise<void> {
	const alive = liveRunner(file)
	if (alive !== undefined)
		throw new ObservatoryError(
			"conflict",
			`It already runs here, as process ${alive.runner.pid}, since ${alive.startedAt}`,
			{
				advice: `Stop that one first (Ctrl-C in its terminal, or kill ${alive.runner.pid}), or give this one a folder and ports of its own with OBSERVATORY_HOME and the *_LISTEN variables.`,
			},
		)
	const left = readRun(file)?.children ?? []
	await Promise.all(left.map(endLeftover))
	rmSync(file, { force: true })
	// Two starters that found the same stale file must not both continue: the later one sees the earlier one's claim.
	await sleep(20)
}

async function endLeftover({ name, pid, identity }: Run["children"][number]): Promise<void> {
	if (!isAlive(pid, identity)) return
	await endGroup(pid, name.endsWith("postgres") ? "SIGINT" : "SIGTERM", 5_000)
}
