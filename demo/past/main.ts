import { setPriority } from "node:os"
import { exitCodeOf, readArguments, requireWords, usageError } from "../../core/lib/arguments.ts"
import { explain } from "../../core/lib/errors.ts"
import { writeBlocks } from "./blocks.ts"
import { createPast } from "./model.ts"
import { DAY } from "./timeline.ts"

// A program of its own: the model keeps a processor busy for seconds, in which the runner has to answer.

const HELP = `demo/past/main FOLDER --promtool=FILE --exporters=HOST:PORT --webhook=HOST:PORT [--days=30] [--seed=NUMBER]

Writes the demo's made-up past into FOLDER as blocks of Prometheus. Each line of output says how far it is.
`

/** A gauge's value counts for five minutes, so that samples of four leave no gaps. */
const STEP = 240
const LOWEST_PRIORITY = 19

process.exitCode = await main().catch((error) => {
	process.stderr.write(`${explain(error)}\n`)
	return exitCodeOf(error)
})

async function main(): Promise<number> {
	const text = { type: "string" } as const
	const options = {
		promtool: { ...text, default: "promtool" },
		exporters: text,
		webhook: text,
		days: { ...text, default: "30" },
		seed: { ...text, default: "1" },
	}
	const { values, positionals } = readArguments({ options, allowPositionals: true }, HELP)
	requireWords(positionals, 1, HELP)
	const [folder] = positionals
	const { exporters, webhook } = values
	const days = Number(values.days)
	if (folder === undefined || exporters === undefined || webhook === undefined || !(days > 0))
		throw usageError("It needs a folder, both addresses and at least a day", HELP)
	// What starts meanwhile comes first.
	setPriority(LOWEST_PRIORITY)
	const count = Math.round((days * DAY) / STEP)
	const end = Math.floor(Date.now() / 1_000 / STEP) * STEP
	const grid = { start: end - (count - 1) * STEP, step: STEP, count }
	const past = createPast(Number(values.seed), grid, { exporters, webhook })
	await writeBlocks(past, folder, values.promtool, (done, all) => {
		process.stdout.write(`${Math.round((100 * done) / all)} %\n`)
	})
	return 0
}
