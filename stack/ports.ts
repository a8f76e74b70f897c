import { type AddressInfo, createServer, type Server } from "node:net"
import type { ListenAddress } from "../core/lib/config.ts"
import { ObservatoryError } from "../core/lib/errors.ts"
import { listenerOf } from "../core/lib/listeners.ts"
import { accepts } from "./probe.ts"

/** The listen address of a part, and the variable that changes it. */
export interface Claim {
	readonly variable: string
	readonly title: string
	readonly address: ListenAddress
}

/**
 * Checks that every address is free, before anything starts. Reports all occupied ones at once.
 *
 * @throws ObservatoryError `port_taken` or `config_invalid`
 */
export async function checkPortsFree(claims: readonly Claim[]): Promise<void> {
	const twice = claims.find(({ address }, i) => claims.findIndex((other) => other.address.port === address.port) < i)
	if (twice)
		throw new ObservatoryError("config_invalid", `Two parts are configured to listen on port ${twice.address.port}`, {
			advice: `Give ${twice.title} another address with ${twice.variable}=HOST:PORT.`,
		})
	const problems = (await Promise.all(claims.map(problemWith))).filter((problem) => problem !== undefined)
	if (problems.length === 0) return
	throw new ObservatoryError("port_taken", problems.map(({ what }) => what).join("\n"), {
		advice: `Stop the program that listens there, or choose another address: ${problems.map(({ claim }) => `${claim.variable}=127.0.0.1:PORT`).join(" ")} npm start`,
	})
}

async function problemWith(claim: Claim): Promise<{ claim: Claim; what: string } | undefined> {
	const { host, port } = claim.address
	const error = (await accepts(claim.address)) ? "EADDRINUSE" : await bindError(claim.address)
	if (error === undefined) return undefined
	if (error !== "EADDRINUSE") return { claim, what: `${claim.title} cannot listen on ${host}:${port} (${error})` }
	const listener = await listenerOf(port)
	return { claim, what: `${claim.title} needs port ${port}, which is in use by ${listener ?? "another program"}` }
}

function bindError({ host, port }: ListenAddress): Promise<string | undefined> {
	return new Promise((resolve) => {
		const server = createServer()
		server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
		server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
	})
}

/**
 * Replaces port 0 by a free port, because other parts need to know it. Reserves all ports until each address has one, so
 * that the system does not offer a port twice.
 */
export async function settlePorts(addresses: readonly ListenAddress[]): Promise<ListenAddress[]> {
	const servers: Server[] = []
	try {
		const settled: ListenAddress[] = []
		for (const address of addresses)
			settled.push(address.port === 0 ? await reservePort(address.host, servers) : address)
		return settled
	} finally {
		await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
	}
}

async function reservePort(host: string, servers: Server[]): Promise<ListenAddress> {
	const server = createServer()
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject)
		server.listen({ host, port: 0 }, resolve)
	})
	servers.push(server)
	return { host, port: (server.address() as AddressInfo).port }
}
