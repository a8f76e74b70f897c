/** `npm run rules`: alerts.yaml and channels.yaml in, rules, rule tests and the Alertmanager configuration out. */
import { serversFor } from "../core/clients/endpoint.ts"
import { explain, ObservatoryError } from "../core/lib/errors.ts"
import { filesOf } from "./command/compile.ts"
import { HELP, type Options, readOptions } from "./command/options.ts"
import { once } from "./command/run.ts"
import { watch } from "./command/watch.ts"
import { runLint } from "./lint/command.ts"

const compileOnce = (options: Options) =>
	once(options, () => ({
		...serversFor(process.env, { prometheus: options.prometheusUrl, alertmanager: options.alertmanagerUrl }),
		prometheusPid: options.prometheusPid,
	}))

async function main(): Promise<void> {
	try {
		const args = process.argv.slice(2)
		if (args.includes("--lint")) {
			process.exitCode = runLint(args)
			return
		}
		const options = readOptions(args)
		if (options === "help") process.stdout.write(HELP)
		else if (options.watch)
			await watch([filesOf(options).alerts, filesOf(options).channels], () => compileOnce(options))
		else process.exitCode = await compileOnce(options)
	} catch (error) {
		process.stderr.write(`${explain(error)}\n`)
		process.exitCode = error instanceof ObservatoryError && error.code === "bad_request" ? 2 : 1
	}
}

await main()
