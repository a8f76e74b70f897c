import { channels } from "./channels.ts"
import { characters } from "./characters.ts"
import { cumulative } from "./cumulative.ts"
import { detection } from "./detection.ts"
import type { Lint } from "./lint.ts"
import { misspeltPlaceholders, unknownPlaceholders } from "./placeholders.ts"
import { runbook } from "./runbook.ts"
import { silences } from "./silences.ts"

/** Every check of a single alert, in the order in which people read about them. */
export const LINTS: readonly Lint[] = [
	characters,
	detection,
	cumulative,
	runbook,
	channels,
	silences,
	unknownPlaceholders,
	misspeltPlaceholders,
]
