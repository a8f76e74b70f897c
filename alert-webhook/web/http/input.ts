import type { IncomingMessage, ServerResponse } from "node:http"
import express, { type Request, type Response } from "express"
import { z } from "zod"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { cleanText } from "../../../core/lib/plain-text.ts"
import { identifier } from "../../domain/input.ts"

/** Parses input of a person or a program. @throws ObservatoryError `bad_request`, naming every problem */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
	const parsed = schema.safeParse(storable(input))
	if (parsed.success) return parsed.data
	const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "input"}: ${issue.message}`)
	throw new ObservatoryError("bad_request", problems.join("; "))
}

/** Inputs are flat; JSON may be nested deeper than the stack allows, so only its own fields are checked. */
function storable(input: unknown): unknown {
	if (typeof input !== "object" || input === null) return input
	const text = (value: unknown) => (typeof value === "string" ? cleanText(value) : value)
	return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, text(value)]))
}

/** The `:id` of a path. @throws ObservatoryError `bad_request` */
export const idOf = (req: Request): number => parseInput(z.object({ id: identifier }), req.params).id

/** Most bytes of a notification, uncompressed. About three thousand alerts. */
export const NOTIFICATION_BYTES = 8 * 1024 * 1024

const readNotification = express.raw({ type: () => true, limit: NOTIFICATION_BYTES })
/** A form may select every incident of a page. */
const readForm = express.urlencoded({ extended: false, limit: "64kb", parameterLimit: 250 })
const readReport = express.json({ limit: "2mb" })
const readJson = express.json({ limit: "64kb" })

/** Express's parsers need only the properties of Node's request. */
const run = (parser: typeof readForm, req: IncomingMessage, res: ServerResponse) =>
	new Promise<void>((resolve, reject) => {
		parser(req as Request, res as Response, (error?: unknown) => (error === undefined ? resolve() : reject(error)))
	})

/** The raw body of a notification. Rejects as express's body parser does when it is too large. */
export async function notificationBody(req: IncomingMessage, res: ServerResponse): Promise<Buffer> {
	await run(readNotification, req, res)
	const { body } = req as { body?: unknown }
	return Buffer.isBuffer(body) ? body : Buffer.alloc(0)
}

/** The report of a host, with calls that wait for a person. */
export async function reportBody(req: Request, res: Response): Promise<unknown> {
	await run(readReport, req, res)
	return req.body
}

/** A small form or JSON object. */
export async function smallBody(req: Request, res: Response): Promise<Record<string, unknown>> {
	await run(req.is("application/json") ? readJson : readForm, req, res)
	const body: unknown = req.body
	return typeof body === "object" && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : {}
}
