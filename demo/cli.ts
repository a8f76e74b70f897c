import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { extname, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { runCommand } from "../core/lib/arguments.ts"
import { loadConfig } from "../core/lib/config.ts"
import { printableJson } from "../core/lib/plain-text.ts"
import { askDemo } from "./control/client.ts"
import { type DemoCommand, parseCommand, USAGE } from "./control/command.ts"
import { tokenFile } from "./control/token.ts"
import { cliSettings, urlOf } from "./settings.ts"

async function main(): Promise<number> {
	const command = parseCommand(process.argv.slice(2))
	if (command.do === "help") {
		process.stdout.write(USAGE)
		return 0
	}
	if (command.do !== "status" && command.part === "database") return forwardToRunner(command)
	const settings = loadConfig(cliSettings, process.env)
	const file = tokenFile(resolve(settings.OBSERVATORY_HOME))
	const answer = await askDemo(urlOf(settings.DEMO_LISTEN), () => readFileSync(file, "utf8").trim(), command)
	process.stdout.write(`${printableJson(JSON.stringify(answer, null, 2))}\n`)
	return 0
}

/** The runner owns PostgreSQL: its own command stops and starts it. */
function forwardToRunner(command: Extract<DemoCommand, { part: string }>): Promise<number> {
	const extension = extname(fileURLToPath(import.meta.url))
	const runner = fileURLToPath(new URL(`../stack/main${extension}`, import.meta.url))
	const loader = extension === ".ts" ? ["--import", import.meta.resolve("tsx")] : []
	const child = spawn(process.execPath, [...loader, runner, command.do, "demo-postgres"], { stdio: "inherit" })
	return new Promise((done, reject) => {
		child.once("error", reject)
		child.once("exit", (code) => done(code ?? 1))
	})
}

await runCommand(main)
