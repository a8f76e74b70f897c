import { ALARMS } from "../fixtures/states/case.ts"
import { FAULTY } from "../fixtures/states/faulty.ts"
import { INNOCENT } from "../fixtures/states/innocent.ts"
import { play, precision, recall, type Score, score, total } from "../fixtures/states/score.ts"
import { table } from "./parts/figures.ts"

const percent = (ratio: number): string => `${(100 * ratio).toFixed(1)} %`

const row = (name: string, one: Score) =>
	[name, one.cases, one.found, one.wrong, percent(precision(one)), percent(recall(one))].map(String)

/** Whether the states of the labelled sessions are right often enough: precision 95 %, recall 90 %. */
export function run(): boolean {
	const verdicts = [...INNOCENT, ...FAULTY].map(play)
	const scores = score(verdicts)
	const all = total(scores.values())
	const wrong = verdicts.filter(({ label, final, raised }) =>
		label === "innocent" ? raised.size > 0 : final !== label || raised.size > 1,
	)
	process.stdout.write(
		[
			`${INNOCENT.length} innocent sessions, ${FAULTY.length} others`,
			table([
				["state", "sessions", "found", "false", "precision", "recall"],
				...ALARMS.map((alarm) => row(alarm, scores.get(alarm) ?? { cases: 0, found: 0, wrong: 0 })),
				row("all", all),
			]),
			...wrong.map(
				({ name, final, raised }) => `wrong: ${name}: ${final} at its end, raised ${[...raised].join(", ") || "none"}`,
			),
			"",
		].join("\n"),
	)
	return precision(all) >= 0.95 && recall(all) >= 0.9
}
