import { createHash } from "node:crypto"
import { databaseError } from "../../../core/db/client.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import { pathOf } from "../../../core/lib/http.ts"
import { type Notification, parseNotification } from "../../domain/notification.ts"
import { beginningOf, KEPT_CHARACTERS } from "../../domain/text.ts"
import { recordMessage } from "../../store/inbox.ts"
import { type Intake, UNREADABLE } from "../../workflows/ingest/receive.ts"
import { receiveMessage } from "../../workflows/ingest/receive-message.ts"
import { NOTIFICATION_BYTES, notificationBody } from "../http/input.ts"
import type { NotificationCall, NotificationRoute } from "../http/route.ts"

const STORED = JSON.stringify({ status: "stored" })
const STORED_HEADERS = { "content-type": "application/json; charset=utf-8", "content-length": STORED.length }

export interface IntakeRoutes {
	readonly intake: Intake
	/** Alertmanager has left alerts out of a notification. */
	onTruncated(): void
}

/**
 * Alertmanager's routes. It treats a 2xx as done, retries after a 5xx, and drops a notification after a 4xx: only a
 * request that can never succeed gets one, and its readable part goes to the inbox first.
 */
export const intakeRoutes = ({ intake: alerts, onTruncated }: IntakeRoutes): readonly NotificationRoute[] => [
	{
		method: "POST",
		path: "/api/alertmanager",
		access: "alertmanager",
		answer: "json",
		handle: (call) =>
			intake(call, async (notification) => {
				await alerts.add(notification)
				if (notification.truncatedAlerts > 0) onTruncated()
			}),
	},
	{
		method: "POST",
		path: "/api/inbox/:channel",
		access: "alertmanager",
		answer: "json",
		handle: (call) =>
			intake(call, (notification) => receiveMessage(call.ctx, { channel: channelOf(call), notification })),
	},
]

async function intake(call: NotificationCall, store: (notification: Notification) => Promise<void>): Promise<void> {
	const { ctx, res } = call
	try {
		await store(await readNotification(call))
		ctx.metrics.notifications.inc({ result: "accepted" })
		res.writeHead(200, STORED_HEADERS).end(STORED)
	} catch (error) {
		ctx.metrics.notifications.inc({ result: resultOf(error) })
		throw error
	}
}

function resultOf(error: unknown): "too_large" | "malformed" | "unavailable" {
	const code = error instanceof ObservatoryError ? error.code : undefined
	if (code === "too_large") return "too_large"
	return code === "bad_request" || code === "not_found" ? "malformed" : "unavailable"
}

async function readNotification(call: NotificationCall): Promise<Notification> {
	const body = await readBody(call)
	try {
		return parseNotification(JSON.parse(body))
	} catch (error) {
		await keep(call, body, messageOf(error))
		if (error instanceof ObservatoryError) throw error
		throw new ObservatoryError("bad_request", `The body is not JSON: ${beginningOf(messageOf(error), 300)}`)
	}
}

async function readBody({ req, res, ctx }: NotificationCall): Promise<string> {
	try {
		return (await notificationBody(req, res)).toString("utf8")
	} catch (error) {
		const { type } = error as { type?: unknown }
		if (type !== "entity.too.large") throw error
		ctx.log.error(
			{ receiver: pathOf(req), bytes: req.headers["content-length"], limit: NOTIFICATION_BYTES },
			"refused a notification that is too large, its alerts are lost: set max_alerts of this receiver",
		)
		throw new ObservatoryError("too_large", `A notification may have ${NOTIFICATION_BYTES} bytes.`, {
			advice: "Set max_alerts of the receiver, or group by more labels.",
		})
	}
}

/** Before Alertmanager drops a body, its beginning is stored in the inbox. */
async function keep({ ctx, req }: NotificationCall, body: string, problem: string): Promise<void> {
	const shown = beginningOf(problem, 1_000)
	ctx.log.warn(
		{ receiver: pathOf(req), problem: shown, bytes: body.length },
		"refused an unreadable notification and stored it in the inbox",
	)
	try {
		await recordMessage(ctx.db, {
			channel: UNREADABLE,
			digest: createHash("sha256")
				.update(`${pathOf(req)}\n`)
				.update(body)
				.digest("hex"),
			status: "firing",
			title: `A notification to ${beginningOf(pathOf(req), 100)} cannot be read`,
			body: { problem: shown, raw: beginningOf(body, KEPT_CHARACTERS) },
			now: new Date(ctx.clock.now()),
		})
	} catch (error) {
		throw databaseError(error, "Storing an unreadable notification")
	}
}

function channelOf({ req }: NotificationCall): string {
	const { channel } = req.params
	if (typeof channel === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(channel)) return channel
	throw new ObservatoryError(
		"not_found",
		"A channel's name has letters, digits, dots, dashes and underscores, at most 64.",
	)
}
