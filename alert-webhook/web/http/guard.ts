import type { IncomingMessage } from "node:http"
import type { Request, Response } from "express"
import { databaseError } from "../../../core/db/client.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { pathOf } from "../../../core/lib/http.ts"
import { peerUser } from "../../../core/lib/peer-user.ts"
import type { Context } from "../../context.ts"
import type { Attempts } from "../../domain/access/attempts.ts"
import { may, type Person } from "../../domain/access/roles.ts"
import { bearerToken, csrfToken, sameSecret } from "../../domain/access/secrets.ts"
import { smallBody } from "./input.ts"
import type { Call, WebRoute } from "./route.ts"
import { findSession, sessionToken } from "./sessions.ts"

export interface Guard {
	/** Alertmanager's token. */
	readonly webhookToken: string
	/** The person of a token; undefined for an unknown one. */
	personOf(token: string): Promise<Person | undefined>
	readonly attempts: Attempts
}

/** Thrown on pages: the person has to sign in first. */
export class SignInNeeded extends ObservatoryError {
	constructor() {
		super("unauthorized", "Nothing changed: the session has expired.", { advice: "Sign in and try again." })
	}
}

/** Runs a route's handler if the request is authorized, and throws the reason if not. */
export async function enter(route: WebRoute, ctx: Context, guard: Guard, req: Request, res: Response): Promise<void> {
	if (route.access === "public") return route.handle({ ctx, req, res, caller: null, csrf: "" })
	const { caller, csrf } = await identify(ctx, guard, req)
	if (caller === null) {
		if (route.answer === "page") throw new SignInNeeded()
		throw new ObservatoryError("unauthorized", "This needs a token.", {
			advice: "Send Authorization: Bearer TOKEN, or sign in to the console.",
		})
	}
	if (!may(caller.role, route.access))
		throw new ObservatoryError("forbidden", `This needs the role ${route.access}; ${caller.actor} is a ${caller.role}.`)
	if (route.method !== "GET" && csrf) await requireCsrf(csrf, req, res)
	return route.handle({ ctx, req, res, caller, csrf })
}

/** @throws ObservatoryError `unauthorized` when the request does not present Alertmanager's token */
export function requireAlertmanager(ctx: Context, { webhookToken }: Guard, req: IncomingMessage): void {
	const token = bearerToken(req.headers.authorization)
	if (token !== undefined && sameSecret(token, webhookToken)) return
	ctx.metrics.notifications.inc({ result: "unauthorized" })
	ctx.log.warn(
		{ address: req.socket.remoteAddress, receiver: pathOf(req) },
		"a notification with a wrong token was refused; Alertmanager will not send it again",
	)
	throw new ObservatoryError("unauthorized", "This needs Alertmanager's token.", {
		advice: "Set http_config.authorization.credentials_file of the receiver to the file that WEBHOOK_TOKEN_FILE names.",
	})
}

async function identify(ctx: Context, guard: Guard, req: Request): Promise<Pick<Call, "caller" | "csrf">> {
	try {
		const address = req.ip ?? null
		const token = bearerToken(req.headers.authorization)
		if (token !== undefined) {
			const person = await personByToken(guard, token, address ?? "")
			return { caller: person && { ...person, address }, csrf: "" }
		}
		const session = sessionToken(req.headers.cookie)
		if (!session) return { caller: null, csrf: "" }
		const person = await findSession(ctx, session, await peerUser(req.socket))
		return { caller: person ? { ...person, address } : null, csrf: csrfToken(session) }
	} catch (error) {
		throw databaseError(error, "Checking who this is")
	}
}

/**
 * The person of a token. An address that guesses has to wait, unless its token is valid: who shares an address with
 * a stranger, as behind a proxy or on one host, must be able to stop everything at any time.
 *
 * @throws ObservatoryError `rate_limited`
 */
export async function personByToken({ attempts, personOf }: Guard, token: string, address: string) {
	const person = await personOf(token)
	if (person !== undefined) return person
	if (attempts.guesses(address))
		throw new ObservatoryError("rate_limited", "Too many wrong tokens from this address.", {
			advice: "Wait a minute, then try again. Behind a proxy, TRUST_PROXY distinguishes the callers.",
		})
	attempts.failed(address, token)
	return null
}

/** Programs send the header, forms a field. */
async function requireCsrf(csrf: string, req: Request, res: Response): Promise<void> {
	const given = req.get("x-csrf-token") ?? (await smallBody(req, res)).csrf
	if (typeof given === "string" && sameSecret(given, csrf)) return
	throw new ObservatoryError("forbidden", "This form is not from this session.", {
		advice: "Open the page again and repeat the action.",
	})
}
