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

/** The folder of the dashboards, with a folder for each role and no other files. */
export const DASHBOARDS = "grafana/dashboards"

/** The alerts for the reference. */
export const ALERTS = "prometheus/alerts.yaml"

/**
 * The texts of all generated files, by path from the repository's root. `alerts` is the text of alerts.yaml.
 *
 * @throws ObservatoryError `config_invalid` when the alerts have an error
 */
export const generate = (alerts: string): ReadonlyMap<string, string> =>
	new Map([
		...BOARDS.map((board): [string, string] => [
			`${DASHBOARDS}/${board.role}/${board.uid}.json`,
			`${JSON.stringify(render(board), null, 2)}\n`,
		]),
		["docs/metrics.md", renderReference(SUBJECTS, readers(BOARDS, parseAlerts(alerts)))],
	])

function parseAlerts(text: string): readonly Alert[] {
	const source = createSource(ALERTS, text)
	const { file, diagnostics } = compileAlerts(source)
	if (file) return file.alerts
	const errors = diagnostics.filter(({ severity }) => severity === "error")
	throw new ObservatoryError("config_invalid", `The alerts have errors:\n${renderText(source, errors)}`, {
		advice: "Correct them (npm run rules checks them); nothing was written.",
	})
}
