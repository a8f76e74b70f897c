/** The label that marks what we sent through Alertmanager ourselves: it comes back to the intake and is no news. */
export const NOTICE_LABEL = "observatory_notice"
/** The label, `true`, that marks an alert which always fires: its delivery says that the way to us works. */
export const HEARTBEAT_LABEL = "heartbeat"

/** What an alert is to us, by its labels: news of a trouble, a sign that the way to us works, or our own notice. */
export function kindOf(labels: Readonly<Record<string, string>>): "incident" | "heartbeat" | "notice" {
	if (NOTICE_LABEL in labels) return "notice"
	return labels[HEARTBEAT_LABEL] === "true" ? "heartbeat" : "incident"
}
