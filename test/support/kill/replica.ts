import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { freePort } from "../postgres.ts"
import { CONSOLE_TOKEN, WEBHOOK_TOKEN } from "../webhook.ts"

/** alert-webhook as a process of its own on one port, to be killed and started again. */
export class Replica {
	readonly url: string
	readonly #env: NodeJS.ProcessEnv
	readonly #home: string
	#child: ChildProcess | undefined

	static async create(databaseUrl: string): Promise<Replica> {
		return new Replica(databaseUrl, await freePort())
	}

	private constructor(databaseUrl: string, port: number) {
		this.url = `http://127.0.0.1:${port}`
		this.#home = mkdtempSync(path.join(tmpdir(), "observatory-replica-"))
		const policies = path.join(this.#home, "policies.yaml")
		const level = { after: "0s", channels: ["slack-ops"] }
		writeFileSync(policies, JSON.stringify({ policies: { all: { levels: [level] } }, severities: { critical: "all" } }))
		this.#env = {
			PATH: process.env.PATH,
			HOME: process.env.HOME,
			DATABASE_URL: databaseUrl,
			WEBHOOK_LISTEN: `127.0.0.1:${port}`,
			WEBHOOK_TOKEN,
			CONSOLE_TOKEN,
			OBSERVATORY_HOME: this.#home,
			ESCALATION_POLICIES: policies,
			PROMETHEUS_URL: "http://127.0.0.1:9",
			ALERTMANAGER_URL: "http://127.0.0.1:9",
		}
	}

	start(): void {
		this.#child = spawn(process.execPath, ["--import", "tsx", "alert-webhook/main.ts"], {
			stdio: "ignore",
			env: this.#env,
		})
	}

	/** @throws Error when it ended by itself, or cannot work within a minute */
	async ready(): Promise<void> {
		for (const until = Date.now() + 60_000; ; await sleep(50)) {
			if (this.#child?.exitCode !== null) throw new Error(`alert-webhook ended with ${this.#child?.exitCode}`)
			if (await answers(`${this.url}/readyz`)) return
			if (Date.now() > until) throw new Error("alert-webhook was not ready within a minute")
		}
	}

	/** Without any chance to finish something. */
	async kill(): Promise<void> {
		const child = this.#child
		if (!child || child.exitCode !== null || child.signalCode !== null) return
		const ended = once(child, "exit")
		child.kill("SIGKILL")
		await ended
	}

	async remove(): Promise<void> {
		await this.kill()
		rmSync(this.#home, { recursive: true, force: true })
	}
}

const answers = (url: string) =>
	fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
		(response) => response.ok,
		() => false,
	)
