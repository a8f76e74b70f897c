import type { IncomingMessage, Server, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type { AddressInfo, Server as NetServer } from "node:net"
import type { ErrorRequestHandler, Request } from "express"
import type { ListenAddress } from "./config.ts"
import { type ErrorCode, messageOf, ObservatoryError } from "./errors.ts"
import type { Closeable } from "./lifecycle.ts"
import { listenerOf } from "./listeners.ts"
import type { Logger } from "./log.ts"
import { createRequestCheck, type RequestPolicy } from "./request-check.ts"

export interface HttpServer extends Closeable {
	/** `http://host:port`, with the port that was really bound. */
	readonly url: string
	readonly port: number
}

/**
 * Binds a request handler (an express application is one) and resolves once it accepts connections. `policy` says whose
 * requests it accepts.
 *
 * @throws ObservatoryError `port_taken`, naming the port and how to choose another
 */
export async function listen(
	handler: (req: IncomingMessage, res: ServerResponse) => void,
	address: ListenAddress,
	variable: string,
	policy?: RequestPolicy,
): Promise<HttpServer> {
	const refusalOf = createRequestCheck(address, policy)
	const server = createServer((req, res) => {
		const reason = refusalOf(req)
		if (reason === undefined) return handler(req, res)
		answerError(reason, statusOf(reason), res)
		// The rest of the body is dropped, within the server's own time limit.
		req.resume()
	})
	// Slow clients must not keep a connection open without end.
	server.requestTimeout = 30_000
	server.headersTimeout = 10_000
	server.keepAliveTimeout = 30_000
	const bound = await bind(server, address, variable)
	return { ...bound, close: () => closeServer(server) }
}

/**
 * Binds a server and resolves once it accepts connections.
 *
 * @throws ObservatoryError `port_taken`, naming the port and how to choose another
 */
export async function bind(
	server: NetServer,
	address: ListenAddress,
	variable: string,
): Promise<Pick<HttpServer, "url" | "port">> {
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject)
		server.listen(address.port, address.host, resolve)
	}).catch(async (error: NodeJS.ErrnoException) => {
		throw await bindError(error, address, variable)
	})
	const { port } = server.address() as AddressInfo
	const host = address.host.includes(":") ? `[${address.host}]` : address.host
	return { url: `http://${host}:${port}`, port }
}

/**
 * Binds the same port of the other loopback address, ::1 besides 127.0.0.1: browsers try both for `localhost` and names
 * below it, and another program must not answer there. Resolves with undefined where there is no such address.
 *
 * @throws ObservatoryError `port_taken`
 */
export async function listenBeside(
	handler: Parameters<typeof listen>[0],
	{ host }: ListenAddress,
	port: number,
	policy: RequestPolicy,
): Promise<HttpServer | undefined> {
	if (host !== "127.0.0.1" && host !== "localhost") return undefined
	return listen(handler, { host: "::1", port }, "WEBHOOK_LISTEN", policy).catch((error: unknown) => {
		// A host without IPv6.
		if (error instanceof ObservatoryError && error.code === "config_invalid") return undefined
		throw error
	})
}

async function bindError(
	error: NodeJS.ErrnoException,
	{ host, port }: ListenAddress,
	variable: string,
): Promise<ObservatoryError> {
	if (error.code === "EADDRINUSE")
		return new ObservatoryError(
			"port_taken",
			`${host}:${port} is already in use by ${(await listenerOf(port)) ?? "another program"}`,
			{
				advice: `Stop what listens there (ss -ltnp 'sport = :${port}'), or choose another address with ${variable}=HOST:PORT.`,
				cause: error,
			},
		)
	return new ObservatoryError("config_invalid", `cannot listen on ${host}:${port}`, {
		advice: `Choose another address with ${variable}=HOST:PORT.`,
		cause: error,
	})
}

function closeServer(server: Server): Promise<void> {
	return new Promise((resolve) => {
		server.close(() => resolve())
		server.closeIdleConnections()
		// What is still being answered gets a moment, then is cut.
		setTimeout(() => server.closeAllConnections(), 2_000).unref()
	})
}

const STATUS: Partial<Record<ErrorCode, number>> = {
	bad_request: 400,
	unauthorized: 401,
	forbidden: 403,
	not_found: 404,
	conflict: 409,
	gone: 410,
	too_large: 413,
	rate_limited: 429,
	unavailable: 503,
	database_unreachable: 503,
	timeout: 503,
}

/** The HTTP status that an error means. */
export function statusOf(error: unknown): number {
	const known = publicError(error)
	return (known && STATUS[known.code]) ?? 500
}

/** What is asked for, without the query. */
export const pathOf = (req: IncomingMessage): string => req.url?.split("?", 1)[0] ?? "/"

/** Seconds after which a caller may try again: a database has restarted, or the window of a limit has ended. */
const RETRY_AFTER_SECONDS: Readonly<Record<number, number>> = { 429: 60, 503: 5 }

/**
 * What every answer to an error begins with: what is not ours is logged, under the route's pattern because paths may
 * hold secrets, and the caller learns when to come back. Returns the status.
 */
export function beginError(error: unknown, req: IncomingMessage, res: ServerResponse, log: Logger): number {
	const status = statusOf(error)
	if (status >= 500) {
		const { route, params } = req as Partial<Pick<Request, "route" | "params">>
		log.error({ err: error, method: req.method, route: route?.path, id: params?.id }, messageOf(error))
	}
	const retryAfter = RETRY_AFTER_SECONDS[status]
	if (retryAfter !== undefined && !res.headersSent) res.setHeader("retry-after", retryAfter)
	return status
}

/** The last express handler: it has what `sendError` needs. */
export function errorHandler(log: Logger): ErrorRequestHandler {
	// Express knows an error handler by its four parameters.
	return (error, req, res, _next) => sendError(error, req, res, log)
}

/**
 * Answers with an error, as `{error: {code, message, advice}}`; what is not ours is a 500 and is logged. An answer that
 * has started is cut off, so that no caller takes it for a whole one.
 */
export function sendError(error: unknown, req: IncomingMessage, res: ServerResponse, log: Logger): void {
	const status = beginError(error, req, res, log)
	if (res.headersSent) return void res.destroy()
	answerError(error, status, res)
}

/** Answers with an error that needs no log. */
export function answerError(error: unknown, status: number, res: ServerResponse): void {
	const known = publicError(error)
	const code = known?.code ?? "internal"
	const message = known ? known.message : "Something went wrong here; the log has the details."
	const body = JSON.stringify({ error: { code, message, ...(known?.advice ? { advice: known.advice } : {}) } })
	const headers = { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(body) }
	res.writeHead(status, headers).end(body)
}

/** The part of an error that a caller may see: ours, or the fault of the request itself. */
export const publicError = (error: unknown): ObservatoryError | undefined =>
	error instanceof ObservatoryError ? error : fromBodyParser(error)

/** Express's body parser throws plain errors with a `type` and a `status`. */
function fromBodyParser(error: unknown): ObservatoryError | undefined {
	const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown }
	if (type === "entity.too.large")
		return new ObservatoryError("too_large", "The body is larger than this endpoint accepts.")
	if (typeof status === "number" && status >= 400 && status < 500)
		return new ObservatoryError("bad_request", `The request cannot be read: ${messageOf(error)}`)
	return undefined
}
