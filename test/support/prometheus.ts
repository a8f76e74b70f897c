import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { freePort } from "./postgres.ts"
import { startProgram } from "./process.ts"

export interface TestPrometheus {
	readonly url: string
	/** The `data.result` of an API call below `/api/v1/`; an answer other than success is an error with its text. */
	ask(endpoint: "query" | "query_range", parameters: Readonly<Record<string, string>>): Promise<readonly unknown[]>
	stop(): Promise<void>
}

/**
 * A Prometheus of its own, on a free port. Configuration and rules are objects, for JSON is YAML too; `past` is what it
 * knows already: OpenMetrics with timestamps, or a function that writes blocks into the data folder.
 */
export async function startPrometheus(
	config: object,
	rules: object,
	past?: string | ((data: string) => Promise<void>),
): Promise<TestPrometheus> {
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-prometheus-"))
	if (typeof past === "function") await past(path.join(folder, "data"))
	if (typeof past === "string") {
		writeFileSync(path.join(folder, "past.om"), past)
		// Blocks of two hours, which it writes otherwise, take a minute for a month.
		const args = ["create-blocks-from", "--max-block-duration=2000h", "openmetrics"]
		const files = [path.join(folder, "past.om"), path.join(folder, "data")]
		execFileSync("promtool", ["tsdb", ...args, ...files], { stdio: "ignore" })
	}
	writeFileSync(path.join(folder, "rules.yml"), JSON.stringify(rules))
	writeFileSync(path.join(folder, "prometheus.yml"), JSON.stringify({ ...config, rule_files: ["rules.yml"] }))
	const url = `http://127.0.0.1:${await freePort()}`
	const options = [
		`--config.file=${path.join(folder, "prometheus.yml")}`,
		`--storage.tsdb.path=${path.join(folder, "data")}`,
		"--storage.tsdb.retention.time=10y",
		`--web.listen-address=${new URL(url).host}`,
		"--log.level=warn",
	]
	const program = await startProgram("prometheus", options, `${url}/-/ready`)
	return {
		url,
		ask: (endpoint, parameters) => ask(url, endpoint, parameters),
		async stop() {
			await program.stop()
			rmSync(folder, { recursive: true, force: true })
		},
	}
}

async function ask(url: string, endpoint: string, parameters: Readonly<Record<string, string>>) {
	const response = await fetch(`${url}/api/v1/${endpoint}`, { method: "POST", body: new URLSearchParams(parameters) })
	const answer = (await response.json()) as { status: string; error?: string; data?: { result: unknown[] } }
	if (answer.status !== "success" || !answer.data) throw new Error(answer.error ?? `HTTP ${response.status}`)
	return answer.data.result
}
