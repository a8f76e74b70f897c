import { type ListenOptions, Server } from "node:net"

/**
 * Loaded before a server program that we start but did not write. It keeps that program on loopback, whatever address
 * it asks for, tells its parent over the IPC channel which port it got, and ends it when the parent is gone.
 */
const listen = Server.prototype.listen as (this: Server, ...args: unknown[]) => Server

Server.prototype.listen = function (this: Server, first?: unknown, ...rest: unknown[]) {
	const onListening = rest.find((argument) => typeof argument === "function")
	const port = typeof first === "object" && first !== null ? (first as ListenOptions).port : Number(first ?? 0)
	this.once("listening", () => process.send?.({ listening: this.address() }))
	return listen.call(this, { port, host: "127.0.0.1" }, onListening)
} as typeof Server.prototype.listen

process.once("disconnect", () => process.exit(0))
