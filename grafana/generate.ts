import { compileAlerts } from "../core/alerts/compile.ts"
import type { Alert } from "../core/alerts/model.ts"
import { renderText } from "../core/alerts/report/text.ts"
import { createSource } from "../core/alerts/source.ts"
import { SUBJECTS } from "../core/catalogue/index.ts"
import { ObservatoryError } from "../core/lib/errors.ts"
import { BOARDS } from "./boards/index.ts"
import { render } from "./kit/board.ts"
import { renderReference } from "./reference/metrics.ts"
import { readers } from "./reference/usage.ts"

/** Where the dashboards lie, one folder a role; nothing else may lie there. */
export const DASHBOARDS = "grafana/dashboards"

/** Which alerts there are, for the reference. */
export const ALERTS = "prometheus/alerts.yaml"

/**
 * Every generated file: its text by its path from the repository's root. `alerts` is the text of alerts.yaml.
 *
 * @throws ObservatoryError `config_invalid` when the alerts have an error
 */
export const generate = (alerts: string): ReadonlyMap<string, string> =>
	new Map([
		...BOARDS.map((board): [string, string] => [
			`${DASHBOARDS}/${board.role}/${board.uid}.json`,
			`${JSON.stringify(render(board), null, 2)}\n`,
		]),
		["docs/metrics.md", renderReference(SUBJECTS, readers(BOARDS, understood(alerts)))],
	])

function understood(text: string): readonly Alert[] {
	const source = createSource(ALERTS, text)
	const { file, diagnostics } = compileAlerts(source)
	if (file) return file.alerts
	const errors = diagnostics.filter(({ severity }) => severity === "error")
	throw new ObservatoryError("config_invalid", `The alerts are not right:\n${renderText(source, errors)}`, {
		advice: "Correct them, see npm run rules; nothing was written.",
	})
}
