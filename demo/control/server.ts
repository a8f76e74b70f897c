import express, { type Express, type RequestHandler } from "express"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { errorHandler } from "../../core/lib/http.ts"
import type { Logger } from "../../core/lib/log.ts"
import { tokenCheck } from "../../core/lib/request-check.ts"
import { isPart, PARTS, type Part, type Switches } from "./switches.ts"

export interface ControlOptions {
	readonly token: string
	readonly switches: Switches
	/** Breaks or repairs the part; resolves when done. */
	readonly apply: (part: Part, broken: boolean) => Promise<void>
	readonly ready: () => boolean
	/** Releases an emergency stop. */
	readonly release: () => Promise<void>
	readonly status: () => object
	readonly log: Logger
}

/**
 * `GET /status`, `POST /break/PART`, `POST /repair/PART|all|stop`, each with the bearer token, answer with the status;
 * `GET /healthz`, without a token, answers whether the demo has started.
 */
export function controlApp(options: ControlOptions): Express {
	const { switches, apply, release, status, log } = options
	const app = express().disable("x-powered-by")
	const set = async (part: Part, broken: boolean) => {
		await apply(part, broken)
		switches.set(part, broken)
		log.info({ part, broken }, broken ? "broken on purpose" : "repaired")
	}
	app.get("/healthz", (_req, res) => {
		const ready = options.ready()
		res.status(ready ? 200 : 503).json({ status: ready ? "ok" : "starting" })
	})
	app.use(requireToken(options.token))
	app.get("/status", (_req, res) => void res.json(status()))
	app.post("/break/:part", async (req, res) => {
		await set(known(req.params.part), true)
		res.json(status())
	})
	app.post("/repair/:part", async (req, res) => {
		const { part } = req.params
		if (part === "stop") await release()
		else for (const each of part === "all" ? PARTS : [known(part)]) await set(each, false)
		res.json(status())
	})
	app.use((req) => {
		throw new ObservatoryError("not_found", `There is no ${req.method} ${req.path} here`)
	})
	app.use(errorHandler(log))
	return app
}

function known(part: string): Part {
	if (isPart(part)) return part
	throw new ObservatoryError("bad_request", `Unknown part "${part}"`, {
		advice: `The demo's parts are ${PARTS.join(", ")}.`,
	})
}

function requireToken(token: string): RequestHandler {
	const refusal = tokenCheck(token)
	return (req, _res, next) => {
		if (refusal(req) === undefined) return next()
		throw new ObservatoryError("unauthorized", "This needs the demo's token", {
			advice: "Send it as Authorization: Bearer TOKEN; it is in .observatory/secrets/demo-token.",
		})
	}
}
