import type { AlertFile } from "../../core/alerts/model.ts"
import type { Subject } from "../../core/catalogue/types.ts"
import { formatDuration } from "../../core/lib/config.ts"
import type { Links } from "../render/annotations.ts"
import { yamlFile } from "../render/file.ts"
import { renderAlerts, renderRecordings } from "../render/rules.ts"
import { type Proof, renderProof } from "../rule-tests/tests.ts"
import type { Plan } from "./files.ts"

const RULES = "prometheus/rules"
export const ALERTS_FILE = `${RULES}/alerts.yml`
export const RECORDINGS_FILE = `${RULES}/recordings.yml`
/** The steps that tests may have, each with a file of its own; one that is not needed has to go. */
const TEST_FILES: readonly (readonly [stepMs: number, file: string])[] = [
	[15_000, `${RULES}/tests/alerts.test.yml`],
	[60_000, `${RULES}/tests/alerts-long.test.yml`],
	[120_000, `${RULES}/tests/alerts-windows.test.yml`],
]

export interface PrometheusPlan {
	readonly plan: Plan
	readonly untested: Proof["untested"]
	/** How many unit tests there are. */
	readonly tests: number
	readonly recordings: number
	readonly testFiles: readonly string[]
}

/** Prometheus' part of the output: recordings, alerts and their unit tests, by path. */
export function planPrometheus(file: AlertFile, subjects: readonly Subject[], links: Links): PrometheusPlan {
	const recordings = renderRecordings(subjects)
	const proof = renderProof(file)
	const rule_files = ["../alerts.yml"]
	const plan = new Map<string, string | null>([
		[RECORDINGS_FILE, yamlFile("core/catalogue", { groups: recordings })],
		[ALERTS_FILE, yamlFile("alerts.yaml", { groups: renderAlerts(file, links) })],
		...TEST_FILES.map(([stepMs, file]) => {
			const tests = proof.tests.get(stepMs) ?? []
			return [
				file,
				tests.length === 0
					? null
					: yamlFile("alerts.yaml", { rule_files, evaluation_interval: formatDuration(stepMs), tests }),
			] as const
		}),
	])
	const testFiles = TEST_FILES.flatMap(([, name]) => (plan.get(name) === null ? [] : [name]))
	const count = [...proof.tests.values()].flat().length
	return {
		plan,
		untested: proof.untested,
		tests: count,
		recordings: recordings.flatMap(({ rules }) => rules).length,
		testFiles,
	}
}
