import { expect, inject, it } from "vitest"
import { contractDatabase } from "../support/contract-databases.ts"
import { parseSamples } from "../support/exporter.ts"
import { freePort } from "../support/postgres.ts"
import { eventually, startProgram } from "../support/process.ts"
import { program } from "../support/programs.ts"

/** Loaded into the program: a signal makes an error that nothing handles. */
const BOOM = 'data:text/javascript,process.on("SIGUSR2",()=>void Promise.reject(new Error("made for a test")))'

it.each([
	["exporters/main.ts", "EXPORTERS_LISTEN"],
	["alert-webhook/main.ts", "WEBHOOK_LISTEN"],
])(
	"%s writes down an error that nothing handles, ends, and has counted it when it is started again",
	async (main, listen) => {
		const database = await contractDatabase(inject("postgresUrl"))
		const [port, otlp] = [await freePort(), await freePort()]
		const url = `http://127.0.0.1:${port}`
		const start = () =>
			startProgram(process.execPath, ["--import", BOOM, ...program(main)], `${url}/healthz`, {
				DATABASE_URL: database.url,
				[listen]: `127.0.0.1:${port}`,
				OTLP_LISTEN: `127.0.0.1:${otlp}`,
				WEBHOOK_TOKEN: "a-token-of-the-test-that-is-long-enough",
			})
		const crashes = async () => {
			const samples = parseSamples(await (await fetch(`${url}/metrics`)).text())
			return samples.get('observatory_crashes_total{kind="unhandledRejection"}')
		}

		const first = await start()
		await eventually(crashes, (n) => n === 0)
		await first.stop("SIGUSR2")
		expect(first.output()).toContain("unhandledRejection: Error: made for a test")
		expect(first.output()).toContain("an error was not handled")
		const second = await start()
		await eventually(crashes, (n) => n === 1)
		await second.stop()
		expect(second.output()).not.toContain("unhandledRejection")
		await database.close()
	},
)
