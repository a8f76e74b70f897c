import { REMEDIATIONS, type Remediation } from "../../../core/alerts/schema.ts"
import type { Action } from "./action.ts"
import { emergencyStop } from "./emergencyStop/index.ts"
import { pauseAutonomousSessions } from "./pauseAutonomousSessions/index.ts"
import { reconnectMcpServer } from "./reconnectMcpServer/index.ts"
import { restartWorker } from "./restartWorker/index.ts"

/** Every action that alerts.yaml may name. One more there does not compile until it stands here. */
export const ACTIONS: Readonly<Record<Remediation, Action>> = {
	restartWorker,
	reconnectMcpServer,
	pauseAutonomousSessions,
	emergencyStop,
}

/** The action of an alert's `remediation` label. */
export const actionNamed = (name: string | undefined): Remediation | undefined =>
	REMEDIATIONS.find((known) => known === name)
