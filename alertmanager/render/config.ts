import { stringify } from "yaml"
import type { AlertFile } from "../../core/alerts/model.ts"
import { OBSERVATORY } from "../read.ts"
import type { ChannelsFile, Hours } from "../schema.ts"
import { type InhibitRule, renderInhibition } from "./inhibition.ts"
import { type Delivery, inboxReason, observatoryReceiver, type Receiver, renderReceiver } from "./receivers.ts"
import { type Route, renderRoutes } from "./routes.ts"

/** A channel whose notifications go to the console's inbox, and why. */
export interface InboxChannel {
	readonly channel: string
	readonly reason: string
}

interface TimeInterval {
	readonly name: string
	readonly time_intervals: readonly {
		readonly weekdays: readonly string[]
		readonly times: readonly { readonly start_time: string; readonly end_time: string }[]
		readonly location: string
	}[]
}

/** alertmanager.yml with the fields that are used here, in the order in which they are written. */
export interface AlertmanagerConfig {
	readonly global: { readonly resolve_timeout: string }
	readonly templates: readonly string[]
	readonly route: Route
	readonly inhibit_rules: readonly InhibitRule[]
	readonly time_intervals?: readonly TimeInterval[]
	readonly receivers: readonly Receiver[]
}

export interface RenderedConfig {
	readonly config: AlertmanagerConfig
	readonly inbox: readonly InboxChannel[]
}

/**
 * alertmanager.yml as data. A channel that an alert names and the file does not define gets a route and the console's inbox.
 * Format: https://prometheus.io/docs/alerting/latest/configuration/
 */
export function renderConfig(file: AlertFile, settings: ChannelsFile, delivery: Delivery): RenderedConfig {
	const named = file.alerts.flatMap(({ channels }) => channels)
	const channels = [...new Set([...Object.keys(settings.channels), ...named])]
	const inbox = channels.flatMap((channel) => {
		const reason = inboxReason(settings.channels[channel], delivery)
		return reason === undefined ? [] : [{ channel, reason }]
	})
	const config: AlertmanagerConfig = {
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

/** The configuration as YAML 1.1, which Alertmanager reads. */
export const configText = (config: AlertmanagerConfig): string =>
	stringify(config, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false })

const renderHours = ([name, { weekdays, from, to, time_zone }]: [string, Hours]): TimeInterval => ({
	name,
	time_intervals: [{ weekdays, times: [{ start_time: from, end_time: to }], location: time_zone }],
})
