/** What a scrape is answered with. */
export interface Exposition {
	readonly contentType: string
	readonly body: string
}

const TEXT = "text/plain; version=0.0.4; charset=utf-8"
const OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

/**
 * A scrape's answer in the format that its Accept header prefers: OpenMetrics 1.0 for who asks for it by name, as
 * Prometheus does, else Prometheus' text format 0.0.4, also when neither was asked for.
 */
export function exposition(text: string, accept: string | undefined): Exposition {
	return prefersOpenMetrics(accept ?? "")
		? { contentType: OPENMETRICS, body: toOpenMetrics(text) }
		: { contentType: TEXT, body: text }
}

/** Whether 1.0 of OpenMetrics is wanted at least as much as the text format. Parameters other than these are ignored. */
function prefersOpenMetrics(accept: string): boolean {
	let [openmetrics, text] = [0, 0]
	for (const range of accept.toLowerCase().split(",")) {
		const [type = "", ...parameters] = range.split(";").map((part) => part.trim())
		const { q = "1", version } = Object.fromEntries(parameters.map((parameter) => parameter.split("=")))
		const quality = Number(q) || 0
		if (type === "text/plain") text = Math.max(text, quality)
		if (type === "application/openmetrics-text" && (version === undefined || /^"?1\.0\.0"?$/.test(version)))
			openmetrics = Math.max(openmetrics, quality)
	}
	return openmetrics > 0 && openmetrics >= text
}

/**
 * Prometheus' text format 0.0.4 as OpenMetrics 1.0: a counter's family is named without `_total`, quotes in a help
 * text are escaped, no line is empty, and the end is marked. Bounds of buckets stay as they are written (`le="1"`),
 * since a series must have the same name in either format.
 */
function toOpenMetrics(text: string): string {
	const counters = new Set([...text.matchAll(/^# TYPE (\S+)_total counter$/gm)].map(([, name]) => `${name}_total`))
	const families = text.replace(/^# (HELP|TYPE) (\S+) ?(.*)$/gm, (_, keyword: string, name: string, rest: string) => {
		const family = counters.has(name) ? name.slice(0, -"_total".length) : name
		// Elsewhere a counter has to end in `_total`.
		if (keyword === "TYPE") return `# TYPE ${family} ${rest === "counter" && family === name ? "unknown" : rest}`
		return `# HELP ${family} ${rest.replaceAll('"', '\\"')}`
	})
	return `${families.replace(/\n{2,}/g, "\n").trim()}\n# EOF\n`.trimStart()
}
