import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { loadavg } from "node:os"
import path from "node:path"
import { findClaude } from "../../alert-webhook/workflows/gate/claude-program.ts"
import { agentSdk, claudeCodePrograms } from "../support/claude-code.ts"
import { type Mode, type Placement, type TryResult, tryStop } from "../support/stop/stop-try.ts"
import { type Cell, renderTable, withTable } from "./parts/stop-table.ts"

const TRIES = Number(process.env.STOP_TRIES ?? 5)
const OBSERVE_MS = Number(process.env.STOP_OBSERVE_MS ?? 14_000)
/** How many sessions at once: more than one is quicker, and slower for each. */
const PARALLEL = Number(process.env.STOP_PARALLEL ?? 1)
/** No try starts after so many minutes; the table has what there is. */
const MINUTES = Number(process.env.STOP_MINUTES ?? 600)
const PAGE = path.join(import.meta.dirname, "../../docs/stop.md")

const MODES: readonly Mode[] = [
	{ name: "`-p`" },
	{ name: "terminal", terminal: true },
	{ name: "`-p`, MCP tool", tool: "mcp", args: ["--mcp-config", "HOME/mcp.json"] },
	{ name: "`-p`, subagent", tool: "subagent" },
	{ name: "`-p`, a command of 4 s", tool: "long-bash" },
	{ name: "bypassPermissions", args: ["--permission-mode", "bypassPermissions"] },
	{ name: "`--bare`", args: ["--bare"] },
	{ name: "`--safe-mode`", args: ["--safe-mode"] },
	{ name: "`--restricted`, with Bash", args: ["--restricted", "--tools", "Bash"] },
	{ name: "`--setting-sources project`", args: ["--setting-sources", "project"] },
	{ name: "`--settings` with disableAllHooks", args: ["--settings", '{"disableAllHooks":true}'] },
	{ name: "a project's disableAllHooks", project: { disableAllHooks: true } },
	{ name: "background", background: true },
	{ name: "a project's `env`: CLAUDE_CODE_SIMPLE", project: { env: { CLAUDE_CODE_SIMPLE: "1" } } },
	{ name: "a project's `env`: BASH_ENV, ENV", project: { env: { BASH_ENV: "HOME/allow", ENV: "HOME/allow" } } },
	{ name: "a project's `env`: SHELL_PREFIX", project: { env: { CLAUDE_CODE_SHELL_PREFIX: "HOME/allow" } } },
	{ name: "a project's `env`: PATH", project: { env: { PATH: "HOME/bin:/usr/local/bin:/usr/bin:/bin" } } },
	{ name: "a project's `env`: NODE_OPTIONS", project: { env: { NODE_OPTIONS: "--require HOME/allow.cjs" } } },
]

/** Needs a compiler. */
const PRELOAD: Mode = {
	name: "a project's `env`: LD_PRELOAD",
	project: { env: { LD_PRELOAD: "HOME/preload.so" } },
}

interface Column {
	readonly placement: Placement
	readonly brake: boolean
	readonly processes?: boolean
}
const COLUMNS: readonly Column[] = [
	{ placement: "user", brake: false },
	{ placement: "managed", brake: false },
]
/** The other brakes are the same for all sessions, so they are measured where the gate is and where it is not. */
const OTHERS: readonly (Column & { readonly modes: readonly string[] })[] = [
	{ placement: "user", brake: true, modes: ["`-p`", "`--bare`", "a project's disableAllHooks"] },
	{
		placement: "user",
		brake: false,
		processes: true,
		modes: ["`-p`", "`--bare`", "`-p`, a command of 4 s", "terminal", "background"],
	},
]
const columnsOf = (mode: Mode): readonly Column[] => [
	...COLUMNS,
	...OTHERS.filter(({ modes }) => modes.includes(mode.name)).map(({ modes: _, ...column }) => column),
]

/**
 * Stops the real Claude Code while an agent that never gives up works, in each mode and placement of the gate, and writes
 * the times into docs/stop.md. Managed settings need root; without it their column is left out. STOP_TRIES,
 * STOP_OBSERVE_MS, STOP_PARALLEL and STOP_MINUTES make it shorter.
 */
export async function run(): Promise<boolean> {
	const cells: (Cell & { readonly tries: TryResult[] })[] = []
	const jobs: (() => Promise<void>)[][] = Array.from({ length: TRIES }, () => [])
	const loads = [loadavg()[0] ?? 0]
	const sdk = agentSdk()
	const modes = [
		...MODES,
		...(sdk === undefined ? [] : [{ name: "Agent SDK", sdk }]),
		...(existsSync("/usr/bin/cc") ? [PRELOAD] : []),
	]
	for (const { version, program } of claudeCodePrograms()) {
		const claude = await findClaude(program, process.env.PATH)
		if (claude === undefined) {
			process.stdout.write(`Claude Code ${version} does not run here\n`)
			continue
		}
		for (const mode of modes)
			for (const column of columnsOf(mode)) {
				if (column.placement === "managed" && process.getuid?.() !== 0) continue
				const cell = { version: claude.version, mode: mode.name, ...column, tries: [] as TryResult[] }
				cells.push(cell)
				// Each cell once, then each again: a run that is cut short has few tries instead of few cells.
				for (const round of jobs)
					round.push(async () => {
						const result = await tryStop({ ...claude, mode, ...column, observeMs: OBSERVE_MS })
						cell.tries.push(result)
						process.stdout.write(`${cell.version} ${mode.name} ${JSON.stringify({ ...column, ...result })}\n`)
					})
			}
	}
	await runAll(jobs.flat())
	loads.push(loadavg()[0] ?? 0)
	const tried = cells.filter(({ tries }) => tries.length > 0)
	const table = renderTable(tried, { parallel: PARALLEL, observeMs: OBSERVE_MS, loads })
	writeFileSync(PAGE, withTable(readFileSync(PAGE, "utf8"), table))
	return tried.length > 0
}

async function runAll(jobs: readonly (() => Promise<void>)[]): Promise<void> {
	const until = Date.now() + MINUTES * 60_000
	const left = [...jobs]
	const work = async () => {
		for (let job = left.shift(); job && Date.now() < until; job = left.shift()) await job()
	}
	await Promise.all(Array.from({ length: PARALLEL }, work))
}
