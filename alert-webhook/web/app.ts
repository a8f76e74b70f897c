import type { RequestListener } from "node:http"
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from "express"
import helmet from "helmet"
import { databaseError } from "../../core/db/client.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { errorHandler, sendError } from "../../core/lib/http.ts"
import { cleanText } from "../../core/lib/plain-text.ts"
import { measureRequests } from "../../core/metrics/measure-requests.ts"
import type { Context } from "../context.ts"
import { assetRoutes } from "./console/kit/assets.ts"
import { problemPage } from "./console/pages/problem.ts"
import { enter, type Guard, requireAlertmanager, SignInNeeded } from "./http/guard.ts"
import { atOwnName } from "./http/own-name.ts"
import type { Route, WebRoute } from "./http/route.ts"

export interface AppOptions {
	readonly ctx: Context
	readonly guard: Guard
	readonly routes: readonly Route[]
	/** Addresses of trusted proxies. */
	readonly trustProxy: readonly string[]
}

/**
 * Answers every request: the receiver's HTTP side, built from its route table only. Alertmanager's routes come before
 * the express application and not inside it: express gives a request and its response its own prototypes, which costs
 * more than reading and storing a notification.
 */
export function createApp({ ctx, guard, routes, trustProxy }: AppOptions): RequestListener {
	const front = express.Router()
	front.use(securityHeaders)
	front.use(measureRequests(ctx.metrics.requests))
	const web: WebRoute[] = [...assetRoutes]
	for (const route of routes)
		if (route.access === "alertmanager")
			front.post(route.path, async (req, res) => {
				res.setHeader("cache-control", "no-store")
				requireAlertmanager(ctx, guard, req)
				await route.handle({ ctx, req, res })
			})
		else web.push(route)
	front.use(createWeb(ctx, guard, web, trustProxy))
	return (req, res) =>
		front(req as Request, res as Response, (error) => {
			sendError(error, req, res, ctx.log)
		})
}

/** The API and the pages. */
function createWeb(ctx: Context, guard: Guard, routes: readonly WebRoute[], trustProxy: readonly string[]): Express {
	const app = express()
	app.disable("x-powered-by")
	app.set("query parser", "simple")
	app.set("trust proxy", trustProxy)
	for (const route of routes)
		app[route.method === "GET" ? "get" : "post"](route.path, async (req, res) => {
			res.locals.answer = route.answer
			const ownName = route.answer === "page" ? atOwnName(ctx.settings.consoleUrl, req) : undefined
			// A form has no session here, and its page is only found there.
			if (ownName !== undefined) return void res.redirect(route.method === "GET" ? 302 : 303, ownName)
			// So that no handler has to remove characters that PostgreSQL cannot store.
			for (const [name, value] of Object.entries(req.params))
				if (typeof value === "string") req.params[name] = cleanText(value)
			// A restricted response must not stay in a browser or a proxy; public routes set their own header.
			if (route.access !== "public") res.set("cache-control", "no-store")
			try {
				await enter(route, ctx, guard, req, res)
			} catch (error) {
				throw error instanceof ObservatoryError ? error : databaseError(error, `${route.method} ${route.path}`)
			}
		})
	app.use((req, res) => {
		res.locals.answer = req.accepts(["json", "html"]) === "html" ? "page" : "json"
		throw new ObservatoryError("not_found", `There is nothing at ${req.path.slice(0, 200)}.`)
	})
	app.use(pageErrors(ctx))
	app.use(errorHandler(ctx.log))
	return app
}

const securityHeaders = helmet({
	contentSecurityPolicy: {
		useDefaults: false,
		directives: {
			defaultSrc: ["'none'"],
			scriptSrc: ["'self'"],
			styleSrc: ["'self'"],
			imgSrc: ["'self'", "data:"],
			connectSrc: ["'self'"],
			formAction: ["'self'"],
			baseUri: ["'none'"],
			frameAncestors: ["'none'"],
		},
	},
	referrerPolicy: { policy: "same-origin" },
	strictTransportSecurity: false,
})

/** People get a page or a redirect to the sign-in; programs get JSON. */
function pageErrors({ log }: Context): ErrorRequestHandler {
	return (error, req, res, next) => {
		if (res.headersSent || res.locals.answer !== "page") return next(error)
		if (error instanceof SignInNeeded) {
			if (req.get("x-refresh")) return void res.status(401).send("Sign in again.")
			if (req.method === "GET") return void res.redirect(303, `/sign-in?next=${encodeURIComponent(req.originalUrl)}`)
		}
		problemPage(error, req, res, log)
	}
}
