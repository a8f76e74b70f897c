import type { Scenario } from "../scenario.ts"
import { DATABASE } from "./database.ts"
import { MCP } from "./mcp.ts"
import { OBSERVATORY } from "./observatory.ts"
import { OUTSIDE } from "./outside.ts"
import { ROWS } from "./rows.ts"
import { SESSIONS } from "./sessions.ts"
import { WORKERS } from "./worker.ts"

/** Every drill. Those for the whole stack come last, so that the others run side by side before them. */
export const SCENARIOS: readonly Scenario[] = [
	...DATABASE,
	...MCP,
	...WORKERS,
	...SESSIONS,
	...ROWS,
	...OUTSIDE,
	...OBSERVATORY,
]
