import { type ListenOptions, Server } from "node:net"

/**
 * Loaded before a third-party server program. It binds the program to loopback whatever address it asks for, sends its
 * port to the parent over the IPC channel, and exits when the parent is gone.
 */
const listen = Server.prototype.listen as (this: Server, ...args: unknown[]) => Server

Server.prototype.listen = function (this: Server, first?: unknown, ...rest: unknown[]) {
	const onListening = rest.find((argument) => typeof argument === "function")
	const port = typeof first === "object" && first !== null ? (first as ListenOptions).port : Number(first ?? 0)
	this.once("listening", () => process.send?.({ listening: this.address() }))
	return listen.call(this, { port, host: "127.0.0.1" }, onListening)
} as typeof Server.prototype.listen

process.once("disconnect", () => process.exit(0))
