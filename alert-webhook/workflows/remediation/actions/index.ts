import type { Remediation } from "../../../../core/alerts/schema.ts"
import type { Incident } from "../../../store/incidents/list.ts"
import type { Action } from "./action.ts"
import { emergencyStop } from "./emergency-stop.ts"
import { pauseAutonomousSessions } from "./pause-autonomous-sessions.ts"
import { reconnectMcpServer } from "./reconnect-mcp-server.ts"
import { restartWorker } from "./restart-worker.ts"

/** Every action that alerts.yaml may name. A new one there does not compile until it is here. */
export const ACTIONS: Readonly<Record<Remediation, Action>> = {
	restartWorker,
	reconnectMcpServer,
	pauseAutonomousSessions,
	emergencyStop,
}

/** Longer than any configured name, and short enough for PostgreSQL's indexes. */
const LONGEST_TARGET = 200

/** The target of an action; undefined when the alert does not name one, or names an impossible one. */
export function targetOf(action: Remediation, incident: Incident): string | undefined {
	const target = ACTIONS[action].target(incident)
	return target !== undefined && target.length <= LONGEST_TARGET ? target : undefined
}
