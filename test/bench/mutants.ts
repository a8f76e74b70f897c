import { tryMutants } from "../mutants/run.ts"
import { table } from "./parts/figures.ts"

const GOAL = 0.95
const KINDS = ["threshold", "operator", "window", "for", "matcher"] as const

/** How many faults in the shipped alerts their rule tests find; true when at least 95 % are. */
export async function run(): Promise<boolean> {
	const tried = await tryMutants((done, all) => {
		process.stderr.write(`tests of ${done} of ${all} groups of alerts\n`)
	})
	const alive = tried.filter(({ killed }) => !killed)
	for (const { rule, change } of alive)
		process.stdout.write(`survives: ${rule.alert} (${rule.labels?.severity}) ${change}\n`)
	const rows = KINDS.map((kind) => {
		const own = tried.filter((mutant) => mutant.kind === kind)
		return row(kind, own.length, own.filter(({ killed }) => killed).length)
	})
	const killed = tried.length - alive.length
	process.stdout.write(
		`\n${table([["fault", "tried", "killed", "share"], ...rows, row("all", tried.length, killed)])}\n`,
	)
	return killed >= GOAL * tried.length
}

const row = (name: string, tried: number, killed: number) => [
	name,
	String(tried),
	String(killed),
	`${((100 * killed) / Math.max(1, tried)).toFixed(1)} %`,
]
