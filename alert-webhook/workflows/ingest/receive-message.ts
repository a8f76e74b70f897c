import { databaseError } from "../../../core/db/client.ts"
import type { Context } from "../../context.ts"
import { digestOf, type Notification, type ReceivedAlert, titleOf } from "../../domain/notification.ts"
import { ACKNOWLEDGE_LINK } from "../../domain/signed-link.ts"
import { recordMessage } from "../../store/inbox.ts"

/** A signed link acknowledges an incident, and viewers read the inbox; the console has buttons instead. */
function withoutLinks(alert: ReceivedAlert): ReceivedAlert {
	const { [ACKNOWLEDGE_LINK]: _, ...annotations } = alert.annotations
	return { ...alert, annotations }
}

/** Stores a notification whose channel is not configured, for people to read on the console. */
export async function receiveMessage(ctx: Context, input: { channel: string; notification: Notification }) {
	const { channel, notification } = input
	try {
		await recordMessage(ctx.db, {
			channel,
			digest: digestOf(channel, notification),
			status: notification.status,
			title: titleOf(notification),
			body: {
				alerts: notification.alerts.map(withoutLinks),
				malformed: notification.malformed,
				groupKey: notification.groupKey,
			},
			now: new Date(ctx.clock.now()),
		})
	} catch (error) {
		throw databaseError(error, `Storing a notification for ${channel}`)
	}
}
