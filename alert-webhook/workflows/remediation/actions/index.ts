import type { Remediation } from "../../../../core/alerts/schema.ts"
import type { Incident } from "../../../store/incidents/list.ts"
import type { Action } from "./action.ts"
import { emergencyStop } from "./emergency-stop.ts"
import { pauseAutonomousSessions } from "./pause-autonomous-sessions.ts"
import { reconnectMcpServer } from "./reconnect-mcp-server.ts"
import { restartWorker } from "./restart-worker.ts"

/** Every action that alerts.yaml may name. One more there does not compile until it stands here. */
export const ACTIONS: Readonly<Record<Remediation, Action>> = {
	restartWorker,
	reconnectMcpServer,
	pauseAutonomousSessions,
	emergencyStop,
}

/** Longer than the name of anything that can be configured, and still within what PostgreSQL's indexes hold. */
const LONGEST_TARGET = 200

/** What an action would act on; undefined when the alert does not say, or says what cannot be a name. */
export function targetOf(action: Remediation, incident: Incident): string | undefined {
	const target = ACTIONS[action].target(incident)
	return target !== undefined && target.length <= LONGEST_TARGET ? target : undefined
}
