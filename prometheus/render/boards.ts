import { ALERTS, OPERATIONS, SAFETY, SYSTEM } from "../../core/catalogue/boards.ts"

/** The board on which an alert's component is seen best, by the board's address in Grafana. */
export const BOARDS: Readonly<Record<string, string>> = {
	database: SYSTEM,
	opentelemetry: SYSTEM,
	mcp_servers: SYSTEM,
	github_actions: SYSTEM,
	workers: SYSTEM,
	health: SYSTEM,
	violations: SAFETY,
	safety_compliance_rate: SAFETY,
	rollbacks: SAFETY,
	observatory: ALERTS,
}

export const OTHER_BOARD = OPERATIONS

export const boardOf = (component: string | undefined): string => BOARDS[component ?? ""] ?? OTHER_BOARD
