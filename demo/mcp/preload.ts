import { Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http"
import { type ListenOptions, Server } from "node:net"
import { answerError, statusOf } from "../../core/lib/http.ts"
import { createRequestCheck } from "../../core/lib/request-check.ts"
import { TOKEN_VARIABLE } from "./token-variable.ts"

/**
 * Loaded before a third-party server program. It binds the program to loopback whatever address it asks for, and checks
 * every request: server-everything has no check, shows its environment and fetches any URL. It sends its port to the
 * parent over the IPC channel, and exits when the parent is gone.
 */
const listen = Server.prototype.listen as (this: Server, ...args: unknown[]) => Server

Server.prototype.listen = function (this: Server, first?: unknown, ...rest: unknown[]) {
	const onListening = rest.find((argument) => typeof argument === "function")
	const port = typeof first === "object" && first !== null ? (first as ListenOptions).port : Number(first ?? 0)
	this.once("listening", () => process.send?.({ listening: this.address() }))
	return listen.call(this, { port, host: "127.0.0.1" }, onListening)
} as typeof Server.prototype.listen

const refusal = createRequestCheck({ host: "127.0.0.1", port: 0 }, { token: process.env[TOKEN_VARIABLE] })
delete process.env[TOKEN_VARIABLE]

// For drills: from this signal on, each request is answered by an error.
let failing = false
process.on("SIGUSR2", () => {
	failing = true
})

const emit = HttpServer.prototype.emit as (this: HttpServer, event: string, ...args: unknown[]) => boolean
HttpServer.prototype.emit = function (this: HttpServer, event: string, ...args: unknown[]) {
	if (event !== "request") return emit.call(this, event, ...args)
	const [req, res] = args as [IncomingMessage, ServerResponse]
	if (failing) {
		res.writeHead(500).end("broken on purpose")
		req.resume()
		return true
	}
	const reason = refusal(req)
	if (reason === undefined) return emit.call(this, event, ...args)
	answerError(reason, statusOf(reason), res)
	req.resume()
	return true
} as typeof HttpServer.prototype.emit

process.once("disconnect", () => process.exit(0))
