import { spawn, spawnSync } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"

/** The first of several names under which a program is installed, or undefined. */
export function findProgram(...names: string[]): string | undefined {
	return names.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).error === undefined)
}

export interface TestProcess {
	readonly pid: number
	/** Standard output and error so far. */
	output(): string
	stop(signal?: NodeJS.Signals): Promise<void>
}

/** Starts a program and waits until `url` answers 2xx; its output is in the error when it does not within 90 s. */
export async function startProgram(
	command: string,
	args: readonly string[],
	url: string,
	env: Readonly<Record<string, string>> = {},
): Promise<TestProcess> {
	const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } })
	let text = ""
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk))
	const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
	const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
		child.kill(signal)
		await ended
	}
	for (let tries = 0; tries < 900; tries++) {
		if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}:\n${text}`)
		if (await answers(url)) return { pid: child.pid ?? 0, output: () => text, stop }
		await sleep(100)
	}
	await stop("SIGKILL")
	throw new Error(`${command} did not answer at ${url}:\n${text}`)
}

async function answers(url: string): Promise<boolean> {
	try {
		return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok
	} catch {
		return false
	}
}

/** How long anything may take on a busy machine with two cores. Shorter than a test may take, see vitest.config.ts. */
const PATIENCE_MS = 120_000

type Truthy<T> = Exclude<T, false | 0 | "" | null | undefined>

/** Asks until there is an answer, or one that is wanted; the question and its last answer are in the error when there never is. */
export async function eventually<T>(ask: () => T | Promise<T>): Promise<Truthy<T>>
export async function eventually<T>(
	ask: () => T | Promise<T>,
	wanted: (value: T) => boolean,
	timeoutMs?: number,
): Promise<T>
export async function eventually<T>(
	ask: () => T | Promise<T>,
	wanted: (value: T) => boolean = Boolean,
	timeoutMs = PATIENCE_MS,
): Promise<T> {
	const deadline = Date.now() + timeoutMs
	for (;;) {
		const value = await ask()
		if (wanted(value)) return value
		if (Date.now() > deadline) {
			const last = JSON.stringify(value)?.slice(0, 2_000)
			throw new Error(`still not so after ${timeoutMs} ms: ${ask} gave ${last}`)
		}
		await sleep(100)
	}
}
