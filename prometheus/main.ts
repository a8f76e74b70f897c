/** `npm run rules`: alerts.yaml and channels.yaml in, rules, rule tests and the Alertmanager configuration out. */
import { serversFor } from "../core/clients/endpoint.ts"
import { runCommand } from "../core/lib/arguments.ts"
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

async function main(): Promise<number> {
	const args = process.argv.slice(2)
	if (args.includes("--lint")) return runLint(args)
	const options = readOptions(args)
	if (options === "help") {
		process.stdout.write(HELP)
		return 0
	}
	if (!options.watch) return compileOnce(options)
	const { alerts, channels } = filesOf(options)
	await watch([alerts, channels], () => compileOnce(options))
	return 0
}

await runCommand(main)
