import { writeFileSync } from "node:fs"
import path from "node:path"
import { mutantsPage, rowsOf, sums, survivors } from "../mutants/page.ts"
import { tryMutants } from "../mutants/run.ts"
import { table } from "./parts/figures.ts"

const GOAL = 0.95
const PAGE = path.resolve(import.meta.dirname, "../../docs/mutants.md")

/**
 * How many faults in the shipped alerts their rule tests find; writes docs/mutants.md. True when at least 95 % are found of
 * those that change anything.
 */
export async function run(): Promise<boolean> {
	const tried = await tryMutants((done, all) => {
		process.stderr.write(`tests of ${done} of ${all} groups of alerts\n`)
	})
	for (const { rule, change, equivalent } of survivors(tried))
		process.stdout.write(
			`survives: ${rule.alert} (${rule.labels?.severity}) ${change}${equivalent ? `: ${equivalent}` : ""}\n`,
		)
	process.stdout.write(`\n${table(rowsOf(tried))}\n`)
	writeFileSync(PAGE, mutantsPage(tried))
	const { counted, killed } = sums(tried)
	return killed >= GOAL * counted
}
