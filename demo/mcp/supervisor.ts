import { type ChildProcess, spawn } from "node:child_process"
import { extname } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { ListenAddress } from "../../core/lib/config.ts"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import type { Closeable } from "../../core/lib/lifecycle.ts"
import type { Logger } from "../../core/lib/log.ts"
import { everythingProgram } from "./servers.ts"
import { TOKEN_VARIABLE } from "./token-variable.ts"

/** A busy machine takes long; the restarters' own limit is a minute. */
const START_MS = 45_000
const ANSWERS_WITHIN_MS = 3_000
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 15_000

/** The MCP server over streamable HTTP: its own process, restarted until it is broken on purpose. */
export interface McpServerProcess extends Closeable {
	readonly url: string
	pid(): number | undefined
	/** Kills the process without a restart. */
	breakIt(): Promise<void>
	/** Starts it again, also one that runs and does not answer, and restarts it from then on. */
	repair(): Promise<void>
}

/**
 * Starts server-everything on loopback, with only the part of `env` that it needs and with `token` required of its clients,
 * and restarts it on the same port when it exits.
 *
 * @throws ObservatoryError `unavailable` when it does not listen in time
 */
export async function superviseEverything(
	address: ListenAddress,
	env: NodeJS.ProcessEnv,
	token: string,
	log: Logger,
): Promise<McpServerProcess> {
	let port = address.port
	let shouldRun = true
	let child: ChildProcess | undefined
	let delay = FIRST_DELAY_MS

	const launch = async () => {
		const started = spawnServer(env, token, port)
		child = started
		let stderr = ""
		started.stderr?.on("data", (chunk: Buffer) => {
			stderr = `${stderr}${chunk}`.slice(-2_000)
		})
		started.once("exit", (code, signal) => {
			if (child === started) child = undefined
			if (!shouldRun) return
			log.warn({ code, signal, stderr: stderr.trim() }, "MCP server exited; restarting")
			void restart()
		})
		port = await listening(started)
		delay = FIRST_DELAY_MS
	}
	const restart = async () => {
		await sleep(delay)
		delay = Math.min(delay * 2, LONGEST_DELAY_MS)
		if (!shouldRun || child !== undefined) return
		// A failed start ends with an exit, which calls this function again.
		await launch().catch((error: unknown) => log.warn({ problem: messageOf(error) }, "MCP server did not start"))
	}
	const end = async () => {
		shouldRun = false
		const ending = child
		if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return
		const ended = new Promise<void>((resolve) => ending.once("exit", () => resolve()))
		ending.kill("SIGKILL")
		await ended
	}

	try {
		await launch()
	} catch (error) {
		await end()
		throw error
	}
	return {
		get url() {
			return `http://127.0.0.1:${port}/mcp`
		},
		pid: () => child?.pid,
		breakIt: end,
		async repair() {
			if (shouldRun && (child === undefined || (await answers(port)))) return
			await end()
			shouldRun = true
			await launch()
		},
		close: end,
	}
}

/** Whether it answers at all, if only that a request without its token is refused. */
async function answers(port: number): Promise<boolean> {
	try {
		const response = await fetch(`http://127.0.0.1:${port}/mcp`, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) })
		await response.body?.cancel()
		return response.status < 500
	} catch {
		// Refused, or silent.
		return false
	}
}

/** The server shows its environment to its clients, so it gets only these variables and no secret. */
const serverEnv = ({ PATH, HOME, LANG, TSX_DISABLE_CACHE }: NodeJS.ProcessEnv, port: number): NodeJS.ProcessEnv => ({
	PATH,
	HOME,
	LANG,
	TSX_DISABLE_CACHE,
	PORT: String(port),
})

function spawnServer(env: NodeJS.ProcessEnv, token: string, port: number): ChildProcess {
	const extension = extname(fileURLToPath(import.meta.url))
	const loader = extension === ".ts" ? ["--import", import.meta.resolve("tsx")] : []
	const preload = new URL(`./preload${extension}`, import.meta.url).href
	return spawn(process.execPath, [...loader, "--import", preload, everythingProgram(), "streamableHttp"], {
		env: { ...serverEnv(env, port), [TOKEN_VARIABLE]: token },
		stdio: ["ignore", "ignore", "pipe", "ipc"],
	})
}

/** The port that the server reports. */
function listening(child: ChildProcess): Promise<number> {
	return new Promise((resolve, reject) => {
		const fail = (why: string) =>
			reject(
				new ObservatoryError("unavailable", `The demo's MCP server ${why}`, {
					advice: "Its port may be in use. Choose another one with DEMO_MCP_LISTEN=127.0.0.1:PORT.",
				}),
			)
		const timer = setTimeout(() => {
			fail(`did not listen within ${START_MS / 1_000} s`)
			child.kill("SIGKILL")
		}, START_MS)
		child.once("exit", () => {
			clearTimeout(timer)
			fail("exited during its start")
		})
		child.once("error", (error) => {
			clearTimeout(timer)
			fail(`cannot start: ${messageOf(error)}`)
		})
		child.on("message", (message) => {
			const { listening: bound } = message as { listening?: { port?: number } }
			if (bound?.port === undefined) return
			clearTimeout(timer)
			resolve(bound.port)
		})
	})
}
