import type { AlertFile } from "../../core/alerts/model.ts"
import type { Subject } from "../../core/catalogue/types.ts"
import { type Proof, renderProof } from "../proof/tests.ts"
import type { Links } from "../render/annotations.ts"
import { yamlFile } from "../render/file.ts"
import { renderAlerts, renderRecordings } from "../render/rules.ts"
import type { Plan } from "./files.ts"

const RULES = "prometheus/rules"
export const ALERTS_FILE = `${RULES}/alerts.yml`
export const RECORDINGS_FILE = `${RULES}/recordings.yml`
const QUICK_FILE = `${RULES}/tests/alerts.test.yml`
const SLOW_FILE = `${RULES}/tests/alerts-slow.test.yml`

export interface PrometheusPlan {
	readonly plan: Plan
	readonly proof: Proof
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
		[QUICK_FILE, yamlFile("alerts.yaml", { rule_files, evaluation_interval: "15s", tests: proof.quick })],
		[
			SLOW_FILE,
			proof.slow.length === 0
				? null
				: yamlFile("alerts.yaml", { rule_files, evaluation_interval: "2m", tests: proof.slow }),
		],
	])
	const testFiles = [QUICK_FILE, SLOW_FILE].filter((name) => plan.get(name) !== null)
	return { plan, proof, recordings: recordings.flatMap(({ rules }) => rules).length, testFiles }
}
