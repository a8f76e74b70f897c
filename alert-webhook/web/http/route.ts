import type { IncomingMessage, ServerResponse } from "node:http"
import type { Request, Response } from "express"
import type { Context } from "../../context.ts"
import type { Caller, Role } from "../../domain/access/roles.ts"

/** One request that may do what it asks. */
export interface Call {
	readonly ctx: Context
	readonly req: Request
	readonly res: Response
	/** Null on routes that are not for people. */
	readonly caller: Caller | null
	/** What the forms of this session carry; empty without a session. */
	readonly csrf: string
}

/** A call by a person who is known. */
export interface PersonCall extends Call {
	readonly caller: Caller
}

interface RouteBase {
	readonly method: "GET" | "POST"
	/** Express's pattern; also the `route` label of the request metrics. */
	readonly path: string
	/** How a refusal is told: JSON for programs, a page for people. */
	readonly answer: "json" | "page"
}

/** A route for people, from a role upwards. */
export interface PersonRoute extends RouteBase {
	readonly access: Role
	handle(call: PersonCall): Promise<void> | void
}

/** A route for anybody. */
export interface PublicRoute extends RouteBase {
	readonly access: "public"
	handle(call: Call): Promise<void> | void
}

/** A notification: Node's own request and answer, with what the path says. */
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

/** A route that express answers. */
export type WebRoute = PersonRoute | PublicRoute

export type Route = WebRoute | NotificationRoute
