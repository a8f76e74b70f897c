import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import path from "node:path"
import { parse } from "yaml"
import { splitTests } from "../../prometheus/rule-tests/split.ts"
import { RULES } from "../precision/rules.ts"
import { equivalence } from "./equivalent.ts"
import { type Mutant, mutantsOf, type Rule, testOf } from "./mutate.ts"

/** A mutant and whether a rule test failed with it. */
export interface Tried extends Mutant {
	readonly name: string
	readonly killed: boolean
	/** Why no test can fail with it; undefined when one can. */
	readonly equivalent: string | undefined
}

interface Tests {
	readonly evaluation_interval: string
	readonly tests: readonly {
		readonly promql_expr_test: readonly {
			readonly expr: string
			readonly exp_samples?: readonly { readonly labels: string }[]
		}[]
	}[]
}

const FILES = ["alerts.test.yml", "alerts-long.test.yml", "alerts-windows.test.yml"]
	.map((file) => path.join(RULES, "tests", file))
	.concat(path.join(RULES, "../tests/promql.test.yml"))

const read = <T>(file: string) => parse(readFileSync(file, "utf8")) as T

/**
 * Runs the rule tests against every mutant of every shipped alert. Mutants are alerts of other names beside each other, so
 * that promtool prepares a test's series once for all of them.
 */
export async function tryMutants(progress: (done: number, all: number) => void): Promise<Tried[]> {
	const rules = read<{ groups: { rules: Rule[] }[] }>(path.join(RULES, "alerts.yml")).groups.flatMap(
		(group) => group.rules,
	)
	const mutants = rules.flatMap((rule, of) =>
		mutantsOf(rule).map((mutant, i) => ({
			...mutant,
			name: `${rule.alert}__${of}m${i}`,
			equivalent: equivalence(rule, mutant),
		})),
	)
	const shares = FILES.flatMap((file) => splitTests(read<Tests>(file))).filter(({ alerts }) => alerts.length > 0)
	const killed = new Set<string>()
	const waiting = [...shares]
	let done = 0
	const work = async () => {
		for (let share = waiting.shift(); share; share = waiting.shift()) {
			const { alerts, tests } = share
			const own = mutants.filter(({ rule }) => alerts.includes(rule.alert))
			const output = await failuresOf(
				[
					...rules.filter(({ alert }) => alerts.includes(alert)),
					...own.map(({ rule, name }) => ({ ...rule, alert: name, annotations: {} })),
				],
				{
					...tests,
					tests: tests.tests.map((test) => ({
						...test,
						promql_expr_test: [
							...test.promql_expr_test,
							...own.flatMap(({ rule, name }) => testOf(test, rule.alert, name)),
						],
					})),
				},
			)
			for (const [name] of output.matchAll(MUTANT)) killed.add(name)
			progress(++done, shares.length)
		}
	}
	await Promise.all(Array.from({ length: availableParallelism() + 1 }, work))
	return mutants.map((mutant) => ({ ...mutant, killed: killed.has(mutant.name) }))
}

const MUTANT = /\b\w+__\d+m\d+\b/g

/** @returns what promtool prints about tests that fail @throws Error when one fails without a mutant, or none can be read */
async function failuresOf(rules: readonly Rule[], tests: Tests): Promise<string> {
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-mutants-"))
	try {
		writeFileSync(path.join(folder, "rules.yml"), JSON.stringify({ groups: [{ name: "mutants", rules }] }))
		writeFileSync(path.join(folder, "tests.yml"), JSON.stringify({ ...tests, rule_files: ["rules.yml"] }))
		const output = await promtool(folder)
		const failed = [...output.matchAll(/expr: "(.*)", time/g)].map(([, expr = ""]) => expr)
		const original = failed.find((expr) => expr.search(MUTANT) < 0)
		if (original !== undefined) throw new Error(`a test fails without a mutant: ${original}`)
		if (!output.includes("SUCCESS") && failed.length === 0) throw new Error(output)
		return output
	} finally {
		rmSync(folder, { recursive: true, force: true })
	}
}

/** @returns what promtool prints about the tests, which it fails when a mutant is killed */
const promtool = (cwd: string) =>
	new Promise<string>((resolve) => {
		const args = ["test", "rules", "tests.yml"]
		execFile("promtool", args, { cwd, maxBuffer: 512_000_000 }, (_, stdout, stderr) => resolve(stdout + stderr))
	})
