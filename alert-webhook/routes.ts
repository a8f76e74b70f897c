import type { Telemetry } from "../core/metrics/registry.ts"
import { accessRoutes } from "./access/routes.ts"
import { auditRoutes } from "./audit/routes.ts"
import { peopleRoutes } from "./console/peopleRoutes.ts"
import { responseRoutes } from "./console/responseRoutes.ts"
import { type ConsoleOptions, consoleRoutes } from "./console/routes.ts"
import { signInRoutes } from "./console/signIn.ts"
import { controlRoutes } from "./control/routes.ts"
import type { Guard } from "./http/guard.ts"
import { operationRoutes } from "./http/operation.ts"
import type { Route } from "./http/route.ts"
import { inboxRoutes } from "./inbox/routes.ts"
import { incidentRoutes } from "./incidents/routes.ts"
import type { Intake } from "./intake/receive.ts"
import { intakeRoutes } from "./intake/routes.ts"
import { linkRoutes } from "./links/routes.ts"
import { maintenanceRoutes } from "./maintenance/routes.ts"
import { remediationRoutes } from "./remediation/routes.ts"
import { runbookRoutes } from "./runbooks/routes.ts"

export interface RouteOptions extends ConsoleOptions {
	readonly telemetry: Telemetry
	readonly guard: Guard
	readonly intake: Intake
	/** Alertmanager has said that it left alerts out of a notification. */
	leftOut(): void
	/** People reach the console over https. */
	readonly secure: boolean
}

/** Every route with who may call it. There are no others. */
export const allRoutes = (options: RouteOptions): readonly Route[] => [
	...operationRoutes(options.telemetry),
	...intakeRoutes(options),
	...incidentRoutes,
	...inboxRoutes,
	...accessRoutes,
	...auditRoutes,
	...controlRoutes,
	...remediationRoutes,
	...linkRoutes,
	...maintenanceRoutes,
	...signInRoutes(options.guard, options.secure),
	...consoleRoutes(options),
	...responseRoutes,
	...peopleRoutes,
	...runbookRoutes,
]
