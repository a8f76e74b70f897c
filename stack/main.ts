import { loadConfig } from "../core/lib/config.ts"
import { explain } from "../core/lib/errors.ts"
import { reloadAlerts } from "./control/reload.ts"
import { request } from "./control/requests.ts"
import { HELP, parseOptions } from "./options.ts"
import { projectRoot } from "./process/node-command.ts"
import { runFileOf, runStack } from "./run-stack.ts"
import { showStatus } from "./screen/show-status.ts"
import { settingsSchema } from "./settings.ts"
import { linkOfRun, userName } from "./sign-in-link.ts"
import { stateDirAt } from "./state-dir.ts"

const EXIT_USAGE = 2

async function main(): Promise<number> {
	let options: ReturnType<typeof parseOptions>
	try {
		options = parseOptions(process.argv.slice(2))
	} catch (error) {
		process.stderr.write(`${explain(error)}\n`)
		return EXIT_USAGE
	}
	try {
		if (options.command === "help") {
			process.stdout.write(HELP)
			return 0
		}
		const settings = loadConfig(settingsSchema, process.env)
		const home = stateDirAt(projectRoot, settings.OBSERVATORY_HOME)
		if (options.command === "reload") return await reloadAlerts(home, runFileOf(home))
		if (options.command === "status") return showStatus(home.run, runFileOf(home), process.stdout)
		if (options.command === "link") {
			process.stdout.write(`${await linkOfRun(home, userName({ ...process.env }))}\n`)
			return 0
		}
		if (options.command !== "start") {
			request(home.run, runFileOf(home), options.command, options.target)
			process.stdout.write(
				`${options.target} ${options.command === "break" ? "is being stopped" : "is being started"}\n`,
			)
			return 0
		}
		await runStack({ settings, home, options, env: { ...process.env }, out: process.stdout })
		return 0
	} catch (error) {
		process.stderr.write(`${explain(error)}\n`)
		return 1
	}
}

process.exit(await main())
