import type { AlertFile } from "../../core/alerts/model.ts"
import { OBSERVATORY } from "../read.ts"
import type { ChannelsFile, Hours } from "../schema.ts"
import { renderInhibition } from "./inhibition.ts"
import { type Delivery, inboxReason, observatoryReceiver, renderReceiver } from "./receivers.ts"
import { renderRoutes } from "./routes.ts"

/** A channel whose notifications go to the console's inbox, and why. */
export interface InboxChannel {
	readonly channel: string
	readonly reason: string
}

export interface AlertmanagerConfig {
	readonly config: Readonly<Record<string, unknown>>
	readonly inbox: readonly InboxChannel[]
}

/**
 * alertmanager.yml as data. A channel that an alert names and nobody defined gets a route and the console's inbox.
 * Format: https://prometheus.io/docs/alerting/latest/configuration/
 */
export function renderConfig(file: AlertFile, settings: ChannelsFile, delivery: Delivery): AlertmanagerConfig {
	const named = file.alerts.flatMap(({ channels }) => channels)
	const channels = [...new Set([...Object.keys(settings.channels), ...named])]
	const inbox = channels.flatMap((channel) => {
		const reason = inboxReason(settings.channels[channel], delivery)
		return reason === undefined ? [] : [{ channel, reason }]
	})
	const config = {
		global: { resolve_timeout: "5m" },
		templates: ["templates/*.tmpl"],
		route: renderRoutes(OBSERVATORY, channels, settings.channels),
		inhibit_rules: renderInhibition(file.alerts),
		...(Object.keys(settings.hours).length === 0
			? {}
			: { time_intervals: Object.entries(settings.hours).map(renderHours) }),
		receivers: [
			observatoryReceiver(OBSERVATORY, delivery),
			...channels.map((name) => renderReceiver(name, settings.channels[name], delivery)),
		],
	}
	return { config, inbox }
}

const renderHours = ([name, { weekdays, from, to, time_zone }]: [string, Hours]) => ({
	name,
	time_intervals: [{ weekdays, times: [{ start_time: from, end_time: to }], location: time_zone }],
})
