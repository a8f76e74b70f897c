import type { IncomingMessage, ServerResponse } from "node:http"
import type { Request, Response } from "express"
import type { Context } from "../../context.ts"
import type { Caller, Role } from "../../domain/access/roles.ts"

/** One request, already authorized. */
export interface Call {
	readonly ctx: Context
	readonly req: Request
	readonly res: Response
	/** Null on routes that are not for people. */
	readonly caller: Caller | null
	/** The token of this session's forms; empty without a session. */
	readonly csrf: string
}

/** A request of an authenticated person. */
export interface PersonCall extends Call {
	readonly caller: Caller
}

interface RouteBase {
	readonly method: "GET" | "POST"
	/** Express's pattern; also the `route` label of the request metrics. */
	readonly path: string
	/** The form of a refusal: JSON for programs, a page for people. */
	readonly answer: "json" | "page"
}

/** A route for people, from a role upwards. */
export interface PersonRoute extends RouteBase {
	readonly access: Role
	handle(call: PersonCall): Promise<void> | void
}

/** A public route. */
export interface PublicRoute extends RouteBase {
	readonly access: "public"
	handle(call: Call): Promise<void> | void
}

/** A notification: Node's own request and response, with the path's parameters. */
export interface NotificationCall {
	readonly ctx: Context
	readonly req: IncomingMessage & { readonly params: Readonly<Record<string, string | string[]>> }
	readonly res: ServerResponse
}

/** A route for Alertmanager. */
export interface NotificationRoute extends RouteBase {
	readonly method: "POST"
	readonly answer: "json"
	readonly access: "alertmanager"
	handle(call: NotificationCall): Promise<void>
}

/** A route inside express. */
export type WebRoute = PersonRoute | PublicRoute

export type Route = WebRoute | NotificationRoute
