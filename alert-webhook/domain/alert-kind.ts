/** The label of alerts that we sent through Alertmanager ourselves: the intake ignores them. */
export const PAGE_LABEL = "observatory_page"
/** The label, `true`, of an alert that always fires: its delivery proves that the whole path works. */
export const HEARTBEAT_LABEL = "heartbeat"

/** The kind of an alert, by its labels: a real alert, a heartbeat, or our own page. */
export function kindOf(labels: Readonly<Record<string, string>>): "incident" | "heartbeat" | "page" {
	if (PAGE_LABEL in labels) return "page"
	return labels[HEARTBEAT_LABEL] === "true" ? "heartbeat" : "incident"
}
