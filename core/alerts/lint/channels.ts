import { didYouMean } from "../../lib/nearest.ts"
import type { Lint } from "./lint.ts"

/** `unknown-channel`, `unconfigured-channel`: notifications would reach the console's inbox, not the people meant. */
export const channels: Lint = ({ written, outside }, report) => {
	const { channels } = written.entry
	if (!channels) return
	const heartbeat = written.entry.heartbeat ?? false
	if (!written.unfit.has("heartbeat") && heartbeat !== (channels.length === 0)) {
		report(written.spanOf("channels"), {
			id: "invalid-field",
			severity: "error",
			message: heartbeat
				? `${written.label} is a heartbeat and would notify people each minute`
				: `${written.label} has no channel, so no one would be notified`,
			expected: heartbeat ? "channels: []" : "at least one channel",
		})
	}
	for (const [i, name] of channels.entries()) {
		const known = outside.channels?.get(name)
		if (!outside.channels || known?.configured) continue
		const hint = known ? undefined : didYouMean(name, outside.channels.keys())
		report(written.spanOf("channels", i), {
			id: known ? "unconfigured-channel" : "unknown-channel",
			severity: known ? "info" : "warning",
			message: known
				? `the channel ${name} of ${written.label} has no secret yet; its notifications go to the console's inbox`
				: `the channel ${name} of ${written.label} is not defined; its notifications go to the console's inbox`,
			hint:
				hint ??
				(known ? "alertmanager/channels.yaml names the secret's file" : "define it in alertmanager/channels.yaml"),
		})
	}
}
