/**
 * What each sender of this folder does by OpenTelemetry's GenAI conventions, as metric, span and event alike: an agent calls a
 * model seven times, of which two fail, and a tool three times. It exports after the fourth call and at its end.
 */
export const SCENARIO = { agent: "planner", provider: "openai", model: "gpt-test", tool: "search" } as const

/** Input and output tokens by call. */
export const CALLS = [
	[101, 11],
	[202, 22],
	[303, 33],
	[404, 44],
	[505, 55],
	[606, 66],
	[707, 77],
] as const

const sum = (column: 0 | 1) => CALLS.reduce((total, call) => total + call[column], 0)

/** The series that one run of a sender adds up to. */
const EXPECTED: Readonly<Record<string, number>> = {
	'autonomous_genai_tokens_total{type="input",provider="openai",model="gpt-test"}': sum(0),
	'autonomous_genai_tokens_total{type="output",provider="openai",model="gpt-test"}': sum(1),
	'autonomous_genai_agent_tokens_total{type="input",agent="planner",model="gpt-test"}': sum(0),
	'autonomous_genai_agent_tokens_total{type="output",agent="planner",model="gpt-test"}': sum(1),
	'autonomous_genai_operations_total{operation="chat",agent="planner",provider="openai"}': CALLS.length,
	'autonomous_genai_operation_errors_total{operation="chat",agent="planner",provider="openai"}': 2,
	'autonomous_genai_operations_total{operation="execute_tool",agent="planner",provider="openai"}': 3,
	'autonomous_genai_tool_calls_total{agent="planner",tool="search"}': 3,
}

/** An event has no duration. */
const TIMED = 'autonomous_genai_operation_duration_seconds_count{operation="chat",provider="openai",model="gpt-test"}'

export const PROTOCOLS = ["http/protobuf", "grpc"] as const
export const TEMPORALITIES = ["delta", "cumulative"] as const
export const SIGNALS = ["metrics", "traces", "logs", "metrics,traces,logs"] as const

/** How a sender sends. */
export interface Sending {
	/** `http://host:port` of the receiver for the protocol. */
	readonly endpoint: string
	readonly protocol: (typeof PROTOCOLS)[number]
	readonly temporality: (typeof TEMPORALITIES)[number]
	readonly signals: (typeof SIGNALS)[number]
}

/** Every way to send; the temporality is of metrics alone. */
export const WAYS: readonly Omit<Sending, "endpoint">[] = PROTOCOLS.flatMap((protocol) =>
	SIGNALS.flatMap((signals) =>
		TEMPORALITIES.filter((temporality) => signals.includes("metrics") || temporality === "delta").map(
			(temporality) => ({
				protocol,
				temporality,
				signals,
			}),
		),
	),
)

/** The series that are not what they should be after one run of a sender. */
export function differences(samples: ReadonlyMap<string, number>, { signals }: Pick<Sending, "signals">): string[] {
	const expected = signals === "logs" ? EXPECTED : { ...EXPECTED, [TIMED]: CALLS.length }
	return Object.entries(expected).flatMap(([key, value]) =>
		samples.get(key) === value ? [] : [`${key} is ${samples.get(key)} instead of ${value}`],
	)
}
