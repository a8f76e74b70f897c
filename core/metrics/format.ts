import { type OpenMetricsContentType, type PrometheusContentType, Registry } from "prom-client"

/** A format of exposition, by its content type. */
export type Format = PrometheusContentType | OpenMetricsContentType

/** Prometheus' text format 0.0.4. */
export const TEXT: PrometheusContentType = Registry.PROMETHEUS_CONTENT_TYPE
/** OpenMetrics 1.0. */
export const OPENMETRICS: OpenMetricsContentType = Registry.OPENMETRICS_CONTENT_TYPE

/**
 * The format that a scrape's Accept header prefers: OpenMetrics 1.0 if it is named, as by Prometheus, with at least the
 * weight of text; otherwise text. Other parameters are ignored.
 */
export function formatFor(accept = ""): Format {
	let [openmetrics, text] = [0, 0]
	for (const range of accept.toLowerCase().split(",")) {
		const [type = "", ...parameters] = range.split(";").map((part) => part.trim())
		const { q = "1", version } = Object.fromEntries(parameters.map((parameter) => parameter.split("=")))
		const quality = Number(q) || 0
		if (type === "text/plain") text = Math.max(text, quality)
		if (type === "application/openmetrics-text" && (version === undefined || /^"?1\.0\.0"?$/.test(version)))
			openmetrics = Math.max(openmetrics, quality)
	}
	return openmetrics > 0 && openmetrics >= text ? OPENMETRICS : TEXT
}
