import type { Builder } from "@grafana/grafana-foundation-sdk/cog"
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard"
import { PROMETHEUS_NAME } from "./datasources.ts"
import { type About, describe, links, type PanelDef } from "./panel.ts"

/** Orders of the alert list, as its options number them. */
const BY_IMPORTANCE = 3

interface AlertList extends About {
	readonly severities: readonly string[]
}

/**
 * Grafana's own list of alerts that fire or are about to, read from Prometheus' rules; each row opens to the alert's
 * annotations, its runbook among them. The SDK has no builder for it.
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
