import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import type { Crash } from "../../../alert-webhook/domain/crash-points.ts"
import { freePort } from "../postgres.ts"
import { program } from "../programs.ts"

/** alert-webhook as a process of its own on one port, to be killed and started again. */
export class Replica {
	readonly url: string
	readonly #env: NodeJS.ProcessEnv
	#child: ChildProcess | undefined
	#ended: Promise<unknown> = Promise.resolve()
	#removed = false

	static async create(env: Readonly<Record<string, string>>): Promise<Replica> {
		return new Replica(env, await freePort())
	}

	private constructor(env: Readonly<Record<string, string>>, port: number) {
		this.url = `http://127.0.0.1:${port}`
		this.#env = { PATH: process.env.PATH, HOME: process.env.HOME, ...env, WEBHOOK_LISTEN: `127.0.0.1:${port}` }
	}

	/** To live, or to die at a step. @throws Error when it was removed */
	start(crash?: Crash): void {
		if (this.#removed) throw new Error("this replica was removed")
		const env = crash ? { ...this.#env, CRASH_AT: `${crash.point}:${crash.passing}` } : this.#env
		this.#child = spawn(process.execPath, program("alert-webhook/main.ts"), { stdio: "ignore", env })
		this.#ended = once(this.#child, "exit")
	}

	/** Whether it has killed itself. @throws Error when it ended in any other way */
	get isDead(): boolean {
		if (this.#child?.exitCode !== null) throw new Error(`alert-webhook ended with ${this.#child?.exitCode}`)
		return this.#child.signalCode === "SIGKILL"
	}

	/** Until it works, or is dead. @throws Error when it is neither within a minute */
	async ready(): Promise<void> {
		for (const until = Date.now() + 180_000; !this.isDead; await sleep(50)) {
			if (await answers(`${this.url}/readyz`)) return
			if (Date.now() > until) throw new Error("alert-webhook was not ready within three minutes")
		}
	}

	/** Whether it kills itself, within so many milliseconds of being ready. */
	async diesWithin(ms: number): Promise<boolean> {
		await this.ready()
		const waiting = new AbortController()
		const late = sleep(ms, undefined, { signal: waiting.signal }).catch(() => undefined)
		await Promise.race([this.#ended, late])
		waiting.abort()
		return this.isDead
	}

	/** Without any chance to finish something. */
	async kill(): Promise<void> {
		this.#child?.kill("SIGKILL")
		await this.#ended
	}

	/** Permanently, even if a caller is about to start it again. */
	async remove(): Promise<void> {
		this.#removed = true
		await this.kill()
	}
}

const answers = (url: string) =>
	fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
		(response) => response.ok,
		() => false,
	)
