/** Whether what OpenTelemetry's own SDKs send by the GenAI conventions is counted to the unit. */
import { execFile } from "node:child_process"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { promisify } from "node:util"
import { messageOf } from "../../core/lib/errors.ts"
import { sendFromJavaScript } from "../senders/javascript.ts"
import { differencesOf } from "../senders/receive.ts"
import { type Sending, WAYS } from "../senders/scenario.ts"
import { table } from "./parts/figures.ts"

const runProgram = promisify(execFile)
const folder = path.join(import.meta.dirname, "../senders")
const MINUTES = 60_000

type Send = (sending: Sending) => Promise<void>

export async function run(): Promise<boolean> {
	const work = mkdtempSync(path.join(tmpdir(), "observatory-senders-"))
	const rows = [["SDK", "ways", "counted to the unit"]]
	const notes: string[] = []
	let right = true
	try {
		for (const [name, prepare] of Object.entries(SENDERS)) {
			let send: Send
			try {
				send = await prepare(work)
			} catch (error) {
				notes.push(`${name}: not measured, because it cannot be prepared: ${messageOf(error).split("\n")[0]}`)
				right = false
				continue
			}
			const wrong: string[] = []
			for (const way of WAYS)
				for (const difference of await differencesOf(way, send))
					wrong.push(`${name}, ${way.protocol}, ${way.temporality}, ${way.signals}: ${difference}`)
			rows.push([name, String(WAYS.length), wrong.length === 0 ? "yes" : "NO"])
			notes.push(...wrong)
			right &&= wrong.length === 0
		}
	} finally {
		rmSync(work, { recursive: true, force: true })
	}
	process.stdout.write(`${[table(rows), ...notes].join("\n")}\n`)
	return right
}

/** Each installs its SDK, in the versions that its folder names, and returns how to send. */
const SENDERS: Readonly<Record<string, (work: string) => Promise<Send>>> = {
	JavaScript: async () => sendFromJavaScript,
	Python: async (work) => {
		const venv = path.join(work, "python")
		await runProgram("python3", ["-m", "venv", venv], { timeout: 5 * MINUTES })
		const requirements = path.join(folder, "python/requirements.txt")
		await runProgram(path.join(venv, "bin/pip"), ["install", "--quiet", "--requirement", requirements], {
			timeout: 10 * MINUTES,
		})
		return (sending) => runSender(path.join(venv, "bin/python"), [path.join(folder, "python/sender.py")], sending)
	},
	Go: async (work) => {
		const source = path.join(work, "go")
		cpSync(path.join(folder, "go"), source, { recursive: true })
		const program = path.join(work, "go-sender")
		await runProgram("go", ["build", "-o", program, "."], { cwd: source, timeout: 20 * MINUTES })
		return (sending) => runSender(program, [], sending)
	},
}

async function runSender(program: string, args: readonly string[], sending: Sending): Promise<void> {
	await runProgram(program, args, {
		timeout: 2 * MINUTES,
		env: {
			...process.env,
			OTEL_EXPORTER_OTLP_ENDPOINT: sending.endpoint,
			OTEL_EXPORTER_OTLP_PROTOCOL: sending.protocol,
			OTEL_EXPORTER_OTLP_INSECURE: "true",
			OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: sending.temporality,
			SENDER_SIGNALS: sending.signals,
		},
	})
}
