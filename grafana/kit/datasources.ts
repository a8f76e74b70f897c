/** The data sources that provisioning creates, under uids that never change, so that panels can name them. */
export const PROMETHEUS = { type: "prometheus", uid: "prometheus" } as const
export const POSTGRES = { type: "grafana-postgresql-datasource", uid: "postgres" } as const
export const ALERTMANAGER = { type: "alertmanager", uid: "alertmanager" } as const

/** The alert list asks for its data source by name. */
export const PROMETHEUS_NAME = "Prometheus"
