import { execFile } from "node:child_process"
import { type AddressInfo, createServer, type Server } from "node:net"
import { promisify } from "node:util"
import type { ListenAddress } from "../core/lib/config.ts"
import { ObservatoryError } from "../core/lib/errors.ts"
import { accepts } from "./probe.ts"

/** An address that a part is about to listen on, and the variable that changes it. */
export interface Claim {
	readonly variable: string
	readonly title: string
	readonly address: ListenAddress
}

/**
 * Makes sure, before anything starts, that every address is free. All that are taken are told at once.
 *
 * @throws ObservatoryError `port_taken` or `config_invalid`
 */
export async function checkPortsFree(claims: readonly Claim[]): Promise<void> {
	const twice = claims.find(({ address }, i) => claims.findIndex((other) => other.address.port === address.port) < i)
	if (twice)
		throw new ObservatoryError("config_invalid", `Two parts are to listen on port ${twice.address.port}`, {
			advice: `Give ${twice.title} another address with ${twice.variable}=HOST:PORT.`,
		})
	const problems = (await Promise.all(claims.map(problemWith))).filter((problem) => problem !== undefined)
	if (problems.length === 0) return
	throw new ObservatoryError("port_taken", problems.map(({ what }) => what).join("\n"), {
		advice: `Stop what listens there, or choose another address: ${problems.map(({ claim }) => `${claim.variable}=127.0.0.1:PORT`).join(" ")} npm start`,
	})
}

async function problemWith(claim: Claim): Promise<{ claim: Claim; what: string } | undefined> {
	const { host, port } = claim.address
	const error = (await accepts(claim.address)) ? "EADDRINUSE" : await bindError(claim.address)
	if (error === undefined) return undefined
	if (error !== "EADDRINUSE") return { claim, what: `${claim.title} cannot listen on ${host}:${port} (${error})` }
	const holder = await holderOf(port)
	return { claim, what: `${claim.title} needs port ${port}, which ${holder ?? "another program"} has taken` }
}

function bindError({ host, port }: ListenAddress): Promise<string | undefined> {
	return new Promise((resolve) => {
		const server = createServer()
		server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
		server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
	})
}

/**
 * A port of 0 becomes one that the system says is free, because other parts have to know it too. All are held until
 * each has its own, or the system might offer the same one twice.
 */
export async function settlePorts(addresses: readonly ListenAddress[]): Promise<ListenAddress[]> {
	const servers: Server[] = []
	try {
		const settled: ListenAddress[] = []
		for (const address of addresses) settled.push(address.port === 0 ? await holdPort(address.host, servers) : address)
		return settled
	} finally {
		await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
	}
}

async function holdPort(host: string, servers: Server[]): Promise<ListenAddress> {
	const server = createServer()
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject)
		server.listen({ host, port: 0 }, resolve)
	})
	servers.push(server)
	return { host, port: (server.address() as AddressInfo).port }
}

const run = promisify(execFile)

/** The process that listens on a port, as ss (Linux) or lsof (macOS) tells it; undefined when neither can. */
async function holderOf(port: number): Promise<string | undefined> {
	try {
		const { stdout } = await run("ss", ["-Hltnp", `sport = :${port}`], { timeout: 2_000 })
		const match = /\(\("(?<name>[^"]+)",pid=(?<pid>\d+)/.exec(stdout)
		if (match?.groups) return `${match.groups.name} (process ${match.groups.pid})`
	} catch {
		// No ss here; the next one may be.
	}
	try {
		const { stdout } = await run("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"], { timeout: 2_000 })
		const pid = /^p(\d+)$/m.exec(stdout)?.[1]
		const name = /^c(.+)$/m.exec(stdout)?.[1]
		if (pid && name) return `${name} (process ${pid})`
	} catch {
		// Nobody can say who it is; that it is taken is known all the same.
	}
	return undefined
}
