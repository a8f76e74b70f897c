/** The board on which an alert's component is seen best, by the board's address in Grafana. */
export const BOARDS: Readonly<Record<string, string>> = {
	database: "system-health",
	opentelemetry: "system-health",
	mcp_servers: "system-health",
	github_actions: "system-health",
	workers: "system-health",
	health: "system-health",
	violations: "safety-overview",
	safety_compliance_rate: "safety-overview",
	rollbacks: "safety-overview",
	observatory: "alert-management",
}

export const OTHER_BOARD = "operations-dashboard"

export const boardOf = (component: string | undefined): string => BOARDS[component ?? ""] ?? OTHER_BOARD
