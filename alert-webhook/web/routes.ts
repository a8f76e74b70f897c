import type { Intake } from "../workflows/ingest/receive.ts"
import { auditRoutes } from "./api/audit.ts"
import { callRoutes } from "./api/calls.ts"
import { controlRoutes } from "./api/control.ts"
import { gateRoutes } from "./api/gate.ts"
import { inboxRoutes } from "./api/inbox.ts"
import { incidentRoutes } from "./api/incidents.ts"
import { intakeRoutes } from "./api/intake.ts"
import { maintenanceRoutes } from "./api/maintenance.ts"
import { remediationRoutes } from "./api/remediations.ts"
import { accessRoutes } from "./api/tokens.ts"
import { boardRoutes } from "./console/board-routes.ts"
import { peopleRoutes } from "./console/people-routes.ts"
import { responseRoutes } from "./console/response-routes.ts"
import { type ConsoleOptions, consoleRoutes } from "./console/routes.ts"
import { signInRoutes } from "./console/sign-in.ts"
import type { Guard } from "./http/guard.ts"
import { type OperationOptions, operationRoutes } from "./http/operation.ts"
import type { Route } from "./http/route.ts"
import { linkRoutes } from "./links/routes.ts"
import { runbookRoutes } from "./runbooks/routes.ts"

export interface RouteOptions extends ConsoleOptions, OperationOptions {
	readonly guard: Guard
	readonly intake: Intake
	/** The token that other hosts share with us; undefined when there are none. */
	readonly gateToken: string | undefined
	/** Alertmanager has left alerts out of a notification. */
	onTruncated(): void
	/** People reach the console over https. */
	readonly secure: boolean
}

/** Every route with its access. There are no others. */
export const allRoutes = (options: RouteOptions): readonly Route[] => [
	...operationRoutes(options),
	...intakeRoutes(options),
	...incidentRoutes,
	...inboxRoutes,
	...accessRoutes,
	...auditRoutes,
	...gateRoutes(options.gateToken),
	...callRoutes,
	...controlRoutes,
	...remediationRoutes,
	...linkRoutes,
	...maintenanceRoutes,
	...signInRoutes(options.guard, options.secure),
	...consoleRoutes(options),
	...responseRoutes,
	...peopleRoutes,
	...runbookRoutes,
	...boardRoutes(options),
]
