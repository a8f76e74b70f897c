import { SUBJECTS } from "../core/catalogue/index.ts"
import { BOARDS } from "./boards/index.ts"
import { render } from "./kit/board.ts"
import { renderReference } from "./reference/metrics.ts"
import { uses } from "./reference/usage.ts"

/** Where the dashboards lie, one folder a role; nothing else may lie there. */
export const DASHBOARDS = "grafana/dashboards"

/** Every generated file: its text by its path from the repository's root. */
export const generate = (): ReadonlyMap<string, string> =>
	new Map([
		...BOARDS.map((board): [string, string] => [
			`${DASHBOARDS}/${board.role}/${board.uid}.json`,
			`${JSON.stringify(render(board), null, 2)}\n`,
		]),
		["docs/metrics.md", renderReference(SUBJECTS, uses(BOARDS))],
	])
