import {
	inboxUnread,
	incidentsOpen,
	incidentVerdicts,
	pageSilences,
	pagesOpen,
	pagesUnsent,
} from "../core/catalogue/subjects/incidents.ts"
import {
	alertsReceived,
	alertsTruncated,
	heartbeatReceived,
	notificationsReceived,
	reconciledIncidents,
	reconciliations,
	unfoundedLabels,
} from "../core/catalogue/subjects/intake.ts"
import { auditEntries, auditFaults, buildInfo, httpRequestDuration } from "../core/catalogue/subjects/observatory.ts"
import {
	brakesByState,
	controlPending,
	controlState,
	gateSelfTestLastSuccess,
	stoppableRatio,
	unstoppable,
} from "../core/catalogue/subjects/remediation.ts"
import type { MetricRegistry } from "../core/metrics/registry.ts"

export type Metrics = ReturnType<typeof createMetrics>

/** The receiver's instruments. `version` is the running release. */
export function createMetrics(telemetry: MetricRegistry, version: string) {
	telemetry.gauge(buildInfo).set({ version, service: "alert-webhook" }, 1)
	return {
		notifications: telemetry.counter(notificationsReceived),
		alerts: telemetry.counter(alertsReceived),
		ignoredLabels: telemetry.counter(unfoundedLabels),
		truncated: telemetry.counter(alertsTruncated),
		reconciliations: telemetry.counter(reconciliations),
		reconciled: telemetry.counter(reconciledIncidents),
		requests: telemetry.histogram(httpRequestDuration),
		open: telemetry.gauge(incidentsOpen),
		heartbeat: telemetry.gauge(heartbeatReceived),
		gateSelfTest: telemetry.gauge(gateSelfTestLastSuccess),
		stoppable: telemetry.gauge(stoppableRatio),
		unstoppable: telemetry.gauge(unstoppable),
		verdicts: telemetry.gauge(incidentVerdicts),
		control: telemetry.gauge(controlState),
		controlPending: telemetry.gauge(controlPending),
		brakes: telemetry.gauge(brakesByState),
		pagesOpen: telemetry.gauge(pagesOpen),
		pagesUnsent: telemetry.gauge(pagesUnsent),
		pageSilences: telemetry.gauge(pageSilences),
		auditEntries: telemetry.gauge(auditEntries),
		auditFaults: telemetry.gauge(auditFaults),
		unread: telemetry.gauge(inboxUnread),
	}
}
