/** The provisioned data sources, with fixed uids for the panels. */
export const PROMETHEUS = { type: "prometheus", uid: "prometheus" } as const
export const POSTGRES = { type: "grafana-postgresql-datasource", uid: "postgres" } as const
/** The observatory database, with stored spans and log records. */
export const TELEMETRY = { type: "grafana-postgresql-datasource", uid: "telemetry" } as const
export const ALERTMANAGER = { type: "alertmanager", uid: "alertmanager" } as const

/** The alert list needs the name of its data source. */
export const PROMETHEUS_NAME = "Prometheus"
