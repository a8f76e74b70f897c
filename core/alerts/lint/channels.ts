import { didYouMean } from "../nearest.ts"
import type { Lint } from "./lint.ts"

/** `unknown-channel`, `unconfigured-channel`: notifications would reach the console's inbox, not the people meant. */
export const channels: Lint = ({ alert, written, outside }, tell) => {
	if (alert.heartbeat !== (written.entry.channels.length === 0)) {
		tell(written.spanOf("channels"), {
			id: "invalid-field",
			severity: "error",
			message: alert.heartbeat
				? `${alert.name} is a heartbeat and would notify people each minute`
				: `${alert.name} has no channel, so nobody would be told`,
			expected: alert.heartbeat ? "channels: []" : "at least one channel",
		})
	}
	for (const [i, name] of written.entry.channels.entries()) {
		const known = outside.channels?.get(name)
		if (!outside.channels || known?.configured) continue
		const hint = known ? undefined : didYouMean(name, outside.channels.keys())
		tell(written.spanOf("channels", i), {
			id: known ? "unconfigured-channel" : "unknown-channel",
			severity: known ? "info" : "warning",
			message: known
				? `the channel ${name} of ${alert.name} has no secret yet; its notifications go to the console's inbox`
				: `the channel ${name} of ${alert.name} is not defined; its notifications go to the console's inbox`,
			hint:
				hint ??
				(known ? "alertmanager/channels.yaml names the secret's file" : "define it in alertmanager/channels.yaml"),
		})
	}
}
