import type { Tracer } from "@opentelemetry/api"
import type { Clock } from "../core/lib/clock.ts"
import type { Logger } from "../core/lib/log.ts"
import type { Gate } from "./control/gate.ts"
import type { Switches } from "./control/switches.ts"
import type { McpPool } from "./mcp/pool.ts"
import type { Pace } from "./pace.ts"
import type { Store } from "./store/store.ts"
import type { ClaudeCodeTelemetry } from "./telemetry/claude-code.ts"
import type { Random } from "./work/random.ts"

/** The dependencies of every loop of the demo. */
export interface DemoContext {
	readonly store: Store
	readonly gate: Gate
	readonly switches: Switches
	readonly mcp: McpPool
	readonly tracer: Tracer
	readonly claudeCode: ClaudeCodeTelemetry
	readonly random: Random
	readonly pace: Pace
	readonly clock: Clock
	readonly log: Logger
	/** Ids of this process's running sessions. */
	readonly owned: Set<string>
}
