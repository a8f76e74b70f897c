import type { Builder } from "@grafana/grafana-foundation-sdk/cog"
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard"
import { PROMETHEUS_NAME } from "./datasources.ts"
import { describe, links, type PanelDef, type PanelInfo } from "./panel.ts"

/** The sort order "importance" of the alert list's options. */
const BY_IMPORTANCE = 3

interface AlertList extends PanelInfo {
	readonly severities: readonly string[]
}

/**
 * Grafana's list of firing and pending alerts from Prometheus' rules; each row opens the alert's annotations with its
 * runbook. The SDK has no builder for it.
 */
export const alertList = (spec: AlertList): PanelDef => ({
	...spec,
	shows: [],
	sql: [],
	build: (): Builder<Panel> => ({
		build: () => ({
			type: "alertlist",
			title: spec.title,
			description: describe(spec, []),
			links: links(spec),
			options: {
				viewMode: "list",
				groupMode: "default",
				groupBy: [],
				maxItems: 50,
				sortOrder: BY_IMPORTANCE,
				dashboardAlerts: false,
				alertName: "",
				showInstances: false,
				datasource: PROMETHEUS_NAME,
				alertInstanceLabelFilter: `{severity=~"${spec.severities.join("|")}",heartbeat!="true"}`,
				stateFilter: { firing: true, pending: true, recovering: true, noData: false, normal: false, error: true },
			},
		}),
	}),
})
