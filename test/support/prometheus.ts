import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { freePort } from "./postgres.ts"

export interface TestPrometheus {
	readonly url: string
	/** The `data.result` of an API call below `/api/v1/`; an answer other than success is an error with its text. */
	ask(endpoint: "query" | "query_range", parameters: Readonly<Record<string, string>>): Promise<readonly unknown[]>
	remove(): Promise<void>
}

/** A Prometheus from PATH in a temporary folder, on a free port. `config` and `rules` are YAML; JSON is YAML too. */
export async function startPrometheus(config: object, rules: object): Promise<TestPrometheus> {
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-prometheus-"))
	writeFileSync(path.join(folder, "rules.yml"), JSON.stringify(rules))
	writeFileSync(path.join(folder, "prometheus.yml"), JSON.stringify({ ...config, rule_files: ["rules.yml"] }))
	const port = await freePort()
	const child = spawn(
		"prometheus",
		[
			`--config.file=${path.join(folder, "prometheus.yml")}`,
			`--storage.tsdb.path=${path.join(folder, "data")}`,
			`--web.listen-address=127.0.0.1:${port}`,
			"--log.level=warn",
		],
		{ stdio: ["ignore", "ignore", "pipe"] },
	)
	let said = ""
	child.stderr.on("data", (chunk: Buffer) => {
		said = (said + chunk.toString()).slice(-4000)
	})
	const ended = new Promise<void>((resolve) => child.once("close", () => resolve()).once("error", () => resolve()))
	const url = `http://127.0.0.1:${port}`
	await ready(url, () => said)
	return {
		url,
		ask: (endpoint, parameters) => ask(url, endpoint, parameters),
		async remove() {
			child.kill("SIGTERM")
			await ended
			rmSync(folder, { recursive: true, force: true })
		},
	}
}

async function ready(url: string, said: () => string): Promise<void> {
	for (let tries = 0; tries < 200; tries++) {
		const response = await fetch(`${url}/-/ready`).catch(() => undefined)
		if (response?.ok) return
		await sleep(100)
	}
	throw new Error(`prometheus did not get ready: ${said()}`)
}

async function ask(url: string, endpoint: string, parameters: Readonly<Record<string, string>>) {
	const response = await fetch(`${url}/api/v1/${endpoint}`, { method: "POST", body: new URLSearchParams(parameters) })
	const answer = (await response.json()) as { status: string; error?: string; data?: { result: unknown[] } }
	if (answer.status !== "success" || !answer.data) throw new Error(answer.error ?? `HTTP ${response.status}`)
	return answer.data.result
}
