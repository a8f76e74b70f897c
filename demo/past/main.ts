import { readFileSync } from "node:fs"
import { readArguments, requireWords, runCommand, usageError } from "../../core/lib/arguments.ts"
import { writeBlocks } from "./blocks.ts"
import { joinTo, scrape } from "./join.ts"
import { createPast } from "./model.ts"
import { DAY } from "./timeline.ts"

// A program of its own: the model keeps a processor busy for seconds, in which the runner has to answer.

const HELP = `demo/past/main FOLDER --exporters=HOST:PORT --webhook=HOST:PORT --token-file=FILE [--promtool=FILE] [--days=30]

Writes the demo's made-up past into FOLDER as blocks of Prometheus, up to now and to what the exporters and the webhook
have counted. The token is the one for their /metrics. Each line of output says how far it is.
`

/** A gauge's value counts for five minutes, so that samples of four leave no gaps. */
const STEP = 240
const SEED = 1

await runCommand(main)

async function main(): Promise<number> {
	const text = { type: "string" } as const
	const options = {
		promtool: { ...text, default: "promtool" },
		exporters: text,
		webhook: text,
		days: { ...text, default: "30" },
		"token-file": text,
	}
	const { values, positionals } = readArguments({ options, allowPositionals: true }, HELP)
	requireWords(positionals, 1, HELP)
	const [folder] = positionals
	const { exporters, webhook, "token-file": tokenFile } = values
	const days = Number(values.days)
	if (folder === undefined || exporters === undefined || webhook === undefined || tokenFile === undefined)
		throw usageError("It needs a folder, both addresses and the file of a token", HELP)
	const count = Math.round((days * DAY) / STEP)
	const end = Math.floor(Date.now() / 1_000 / STEP) * STEP
	const grid = { start: end - (count - 1) * STEP, step: STEP, count }
	const past = createPast(SEED, grid, { exporters, webhook })
	const token = readFileSync(tokenFile, "utf8").trim()
	const now = await Promise.all([exporters, webhook].map((address) => scrape(`http://${address}/metrics`, token)))
	const scraped = now.reduce((columns, exposed) => joinTo(exposed, columns), past.scraped)
	await writeBlocks({ ...past, scraped }, folder, values.promtool, (done, all) => {
		process.stdout.write(`${Math.round((100 * done) / all)} %\n`)
	})
	return 0
}
