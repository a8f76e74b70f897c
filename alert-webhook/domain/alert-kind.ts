/** The label that marks what we sent through Alertmanager ourselves: it comes back to the intake and is no news. */
export const PAGE_LABEL = "observatory_page"
/** The label, `true`, that marks an alert which always fires: its delivery says that the way to us works. */
export const HEARTBEAT_LABEL = "heartbeat"

/** What an alert is to us, by its labels: news of a trouble, a sign that the way to us works, or our own page. */
export function kindOf(labels: Readonly<Record<string, string>>): "incident" | "heartbeat" | "page" {
	if (PAGE_LABEL in labels) return "page"
	return labels[HEARTBEAT_LABEL] === "true" ? "heartbeat" : "incident"
}
