/** Attributes of a point or an event; numbers are doubles. */
export type Attributes = Readonly<Record<string, string | number | boolean>>

/** An increment of a counter. */
export interface Increment {
	readonly metric: string
	readonly by: number
	readonly attributes: Attributes
}

export interface Event {
	readonly name: string
	readonly attributes: Attributes
	/** Milliseconds since the epoch. */
	readonly at: number
}

const RESOURCE = {
	"service.name": "claude-code",
	"service.version": "2.1.197",
	"deployment.environment.name": "demo",
}
const METRICS_SCOPE = "com.anthropic.claude_code"
const EVENTS_SCOPE = "com.anthropic.claude_code.events"
const DELTA = 1

const nanos = (ms: number): string => `${Math.round(ms)}000000`

const attributeList = (attributes: Attributes) =>
	Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))

function anyValue(value: string | number | boolean): object {
	if (typeof value === "string") return { stringValue: value }
	return typeof value === "boolean" ? { boolValue: value } : { doubleValue: value }
}

const resource = { attributes: attributeList(RESOURCE) }

/** The body of `/v1/metrics`: increments between two times as delta sums, those with equal attributes added up. */
export function metricsBody(increments: readonly Increment[], from: number, to: number): object {
	const sums = new Map<string, Increment>()
	for (const increment of increments) {
		const key = JSON.stringify([increment.metric, increment.attributes])
		sums.set(key, { ...increment, by: increment.by + (sums.get(key)?.by ?? 0) })
	}
	const metrics = [...sums.values()].map(({ metric, by, attributes }) => ({
		name: metric,
		sum: {
			aggregationTemporality: DELTA,
			isMonotonic: true,
			dataPoints: [
				{
					attributes: attributeList(attributes),
					startTimeUnixNano: nanos(from),
					timeUnixNano: nanos(to),
					asDouble: by,
				},
			],
		},
	}))
	return { resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: METRICS_SCOPE }, metrics }] }] }
}

/** The body of `/v1/logs`. */
export function logsBody(events: readonly Event[]): object {
	const logRecords = events.map(({ name, attributes, at }) => ({
		timeUnixNano: nanos(at),
		body: { stringValue: `claude_code.${name}` },
		attributes: attributeList({ "event.name": name, ...attributes }),
	}))
	return { resourceLogs: [{ resource, scopeLogs: [{ scope: { name: EVENTS_SCOPE }, logRecords }] }] }
}
