/** `npm run rules`: alerts.yaml and channels.yaml in, rules, rule tests and the Alertmanager configuration out. */
import { explain, ObservatoryError } from "../core/lib/errors.ts"
import { filesOf } from "./command/compile.ts"
import { HELP, readOptions } from "./command/options.ts"
import { once } from "./command/run.ts"
import { watch } from "./command/watch.ts"

async function main(): Promise<void> {
	try {
		const options = readOptions(process.argv.slice(2), process.env)
		if (options === "help") process.stdout.write(HELP)
		else if (options.watch) await watch([filesOf(options).alerts, filesOf(options).channels], () => once(options))
		else process.exitCode = await once(options)
	} catch (error) {
		process.stderr.write(`${explain(error)}\n`)
		process.exitCode = error instanceof ObservatoryError && error.code === "bad_request" ? 2 : 1
	}
}

await main()
