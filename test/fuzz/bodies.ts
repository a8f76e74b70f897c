import { readFileSync } from "node:fs"
import path from "node:path"
import type { OtlpSignal } from "../support/otlp-wire.ts"

/** A body that is right, to be made wrong. */
export interface Body {
	readonly signal: OtlpSignal
	readonly document: unknown
}

const captured = (version: string): Body[] =>
	(["traces", "metrics", "logs"] as const).flatMap((signal) => {
		const file = path.join(import.meta.dirname, "../fixtures/claude-code", version, `${signal}.json`)
		return parts(JSON.parse(readFileSync(file, "utf8"))).map((document) => ({ signal, document }))
	})

/** Records of one part of a captured body. */
const AT_A_TIME = 2

type Json = Record<string, unknown>

/** A captured body, two records at a time, so that each of its leaves is often the one that is changed. */
function parts(document: Json): Json[] {
	return Object.entries(document).flatMap(([resources, entries]) =>
		(entries as Json[]).flatMap((entry) =>
			Object.entries(entry).flatMap(([scopes, scoped]) =>
				Array.isArray(scoped)
					? (scoped as Json[]).flatMap((one) =>
							chunks(one).map((part) => ({ [resources]: [{ ...entry, [scopes]: [part] }] })),
						)
					: [],
			),
		),
	)
}

function chunks(scoped: Json): Json[] {
	const [name, records] = Object.entries(scoped).find(([, value]) => Array.isArray(value)) as [string, unknown[]]
	const starts = Array.from({ length: Math.ceil(records.length / AT_A_TIME) }, (_, i) => i * AT_A_TIME)
	return starts.map((start) => ({ ...scoped, [name]: records.slice(start, start + AT_A_TIME) }))
}

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
const times = { startTimeUnixNano: "1795359185000000000", timeUnixNano: "1795359190000000000" }
const scope = { name: "s", version: "1" }
const resource = { attributes: [text("service.name", "app"), { key: "pid", value: { intValue: "7" } }] }

/** What other senders than Claude Code send. */
const others: Body[] = [
	{
		signal: "traces",
		document: {
			resourceSpans: [
				{
					resource,
					scopeSpans: [
						{
							scope,
							spans: [
								"mcp.github.search",
								"mcp.tools/call",
								"mcp.connection.files",
								"claude.analysis",
								"tools/call x",
							].map((name) => ({
								name,
								kind: 3,
								startTimeUnixNano: "1795359185000000000",
								endTimeUnixNano: "1795359185250000000",
								status: { code: 2, message: "why" },
								attributes: [
									...(name === "mcp.github.search" ? [text("rpc.system", "mcp"), text("rpc.service", "github")] : []),
									...(name === "tools/call x"
										? [text("mcp.method.name", "tools/call"), text("mcp.server.name", "m")]
										: []),
									{ key: "claude.token_usage", value: { intValue: "1200" } },
									{ key: "mcp.duration_ms", value: { doubleValue: 1.5 } },
									{ key: "success", value: { boolValue: false } },
								],
							})),
						},
					],
				},
			],
		},
	},
	...[1, 2].map((aggregationTemporality): Body => {
		const attributes = [text("mcp.method.name", "tools/call"), text("type", "input"), text("model", "m")]
		const histogram = { ...times, count: "5", sum: 3.5, bucketCounts: ["4", "1"], explicitBounds: [1], attributes }
		const positive = { offset: -1, bucketCounts: ["2", "4"] }
		const exponential = { ...times, count: "7", sum: 9, scale: 1, zeroCount: "1", positive, attributes, flags: 0 }
		const sum = (name: string, value: object) => ({
			name,
			sum: { aggregationTemporality, isMonotonic: true, dataPoints: [{ ...times, ...value, attributes, flags: 0 }] },
		})
		const metrics = [
			sum("claude_code.token.usage", { asInt: "12" }),
			sum("claude_code.cost.usage", { asDouble: 0.25 }),
			{ name: "mcp.client.operation.duration", histogram: { aggregationTemporality, dataPoints: [histogram] } },
			{
				name: "mcp.client.operation.duration",
				exponentialHistogram: { aggregationTemporality, dataPoints: [exponential] },
			},
		]
		const gauges = [{ name: "size", gauge: { dataPoints: [{ ...times, asDouble: 7, attributes: [] }] } }]
		return {
			signal: "metrics",
			document: {
				resourceMetrics: [
					{
						resource,
						scopeMetrics: [
							{ scope, metrics },
							{ scope: { name: "mcp-observatory.captured" }, metrics: gauges },
						],
					},
				],
			},
		}
	}),
	{
		signal: "logs",
		document: {
			resourceLogs: [
				{
					resource,
					scopeLogs: [
						{
							scope: { name: "com.anthropic.claude_code.events" },
							logRecords: ["hook_execution_complete", "api_error", "mcp_server_connection"].map((name) => ({
								timeUnixNano: times.timeUnixNano,
								body: { stringValue: `claude_code.${name}` },
								attributes: [
									{ key: "num_success", value: { intValue: "2" } },
									text("num_blocking", "1"),
									text("status_code", "529"),
									text("status", "failed"),
								],
							})),
						},
					],
				},
			],
		},
	},
]

/** Real captured bodies of two versions of Claude Code, and small ones of other senders, for all signals. */
export const bodies = (): readonly Body[] => [...captured(""), ...captured("2.1.332"), ...others]
