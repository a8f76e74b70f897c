import type { Board } from "../kit/board.ts"
import { alertManagement } from "./alert-management.ts"
import { auditLog } from "./audit-logs.ts"
import { compliance } from "./compliance-reports.ts"
import { executive } from "./executive-dashboard.ts"
import { incidentResponse } from "./incident-response.ts"
import { logViewer } from "./log-viewer.ts"
import { operations } from "./operations-dashboard.ts"
import { safety } from "./safety-overview.ts"
import { security } from "./security-overview.ts"
import { systemHealth } from "./system-health.ts"
import { technical } from "./technical-dashboard.ts"
import { traceExplorer } from "./trace-explorer.ts"

/** Every dashboard, those of a role side by side. */
export const BOARDS: readonly Board[] = [
	executive,
	safety,
	operations,
	alertManagement,
	incidentResponse,
	systemHealth,
	technical,
	traceExplorer,
	logViewer,
	security,
	auditLog,
	compliance,
]
