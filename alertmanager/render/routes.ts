import { GROUP_WAIT_MS } from "../../core/alerts/timing.ts"
import { formatDuration } from "../../core/lib/config.ts"
import type { ChannelsFile } from "../schema.ts"

/** A node of Alertmanager's routing tree, with the fields that are used here. */
export interface Route {
	readonly receiver?: string
	readonly matchers?: readonly string[]
	readonly continue?: boolean
	readonly group_by?: readonly string[]
	readonly group_wait?: string
	readonly group_interval?: string
	readonly repeat_interval?: string
	readonly active_time_intervals?: readonly string[]
	readonly routes?: readonly Route[]
}

const wait = (severity: keyof typeof GROUP_WAIT_MS) => formatDuration(GROUP_WAIT_MS[severity])

/** Less than the group interval: a repetition is due at each flush then, where an equal one would now and then be a hair early. */
const HEARTBEAT_REPEAT = "50s"

/**
 * Everything goes to alert-webhook, each alert by itself and at once; then to each channel that its `channels` label
 * names (`,slack-ops,email-finance,`), grouped. Alerts of other senders with that label are routed alike.
 */
export function renderRoutes(
	observatory: string,
	channels: readonly string[],
	settings: ChannelsFile["channels"],
): Route {
	return {
		receiver: observatory,
		group_by: ["alertname", "severity", "component"],
		group_wait: wait("warning"),
		group_interval: "1m",
		repeat_interval: "4h",
		routes: [
			{
				receiver: observatory,
				matchers: ['heartbeat="true"'],
				group_wait: "0s",
				group_interval: "1m",
				repeat_interval: HEARTBEAT_REPEAT,
			},
			{
				receiver: observatory,
				continue: true,
				group_by: ["..."],
				group_wait: "0s",
				group_interval: "30s",
				repeat_interval: "1h",
			},
			...channels.map((name) => toChannel(name, settings[name]?.hours)),
		],
	}
}

function toChannel(name: string, hours: string | undefined): Route {
	return {
		receiver: name,
		matchers: [`channels=~".*,${name},.*"`],
		continue: true,
		routes: [
			{ matchers: ['severity="critical"'], group_wait: wait("critical"), repeat_interval: "1h" },
			{
				matchers: ['severity="info"'],
				group_interval: "5m",
				repeat_interval: "1d",
				...(hours === undefined ? {} : { active_time_intervals: [hours] }),
			},
			...(hours === undefined ? [] : [{ matchers: ['severity!="critical"'], active_time_intervals: [hours] }]),
		],
	}
}
