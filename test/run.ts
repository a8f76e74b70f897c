import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { exitCodeOf, readArguments } from "../core/lib/arguments.ts"
import { explain, messageOf } from "../core/lib/errors.ts"
import { provideClaudeCode } from "./support/claude-code.ts"
import { describeFlaky, type Flaky, parseFlaky, sortFlaky } from "./support/flaky.ts"
import { compilePrograms } from "./support/programs.ts"
import { provideServers } from "./support/provide-servers.ts"

const HELP = `npm test [-- OPTIONS] [FILE ...]

Checks types, style and that generated files are current, beside the unit tests, then runs the integration tests
against the real servers: PostgreSQL (from npm), Prometheus, Alertmanager and Chromium. Prints the slowest files.

  FILE         only the test files whose path contains one of these, without the checks
  --install    fetch what is missing: Prometheus, Alertmanager and Claude Code (235 MB) into
               .observatory/packages, Chromium and OpenSSL with apt-get (needs root or sudo)
  --unit       only what needs no server
  --help       this text
`

interface Step {
	readonly name: string
	readonly command: readonly string[]
}

const ROOT = path.resolve(import.meta.dirname, "..")
const bin = (name: string) => path.join(ROOT, "node_modules/.bin", name)
const node = ["node", "--import", "tsx"]

const CHECKS: readonly Step[] = [
	{ name: "types", command: [bin("tsc"), "--noEmit"] },
	{ name: "style", command: [bin("biome"), "check", "."] },
	{ name: "unused code", command: [bin("knip")] },
	{ name: "rules are current", command: [...node, "prometheus/main.ts", "--check"] },
	{ name: "dashboards are current", command: [...node, "grafana/main.ts", "--check"] },
	{ name: "contract page is current", command: [...node, "core/db/contract/main.ts", "--check"] },
]

/** Runs a step. One that is `beside` another prints its output when it ends, in one piece. */
async function run({ name, command }: Step, { beside = false } = {}): Promise<boolean> {
	const started = Date.now()
	const title = `\n── ${name}\n`
	if (!beside) process.stdout.write(title)
	const [file = "", ...args] = command
	const child = spawn(file, args, { stdio: ["inherit", beside ? "pipe" : "inherit", beside ? "pipe" : "inherit"] })
	let text = ""
	for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (text += chunk))
	const status = await new Promise<number | null>((resolve) => {
		child.once("close", resolve)
		child.once("error", (error) => {
			text += `${error.message}\n`
			resolve(null)
		})
	})
	const took = ((Date.now() - started) / 1000).toFixed(1)
	process.stdout.write(`${beside ? title : ""}${text}── ${name}: ${status === 0 ? "ok" : "FAILED"} (${took} s)\n`)
	return status === 0
}

/** One check after the other, beside the tests. Returns the names of those that fail. */
async function runChecks(): Promise<string[]> {
	const failed: string[] = []
	for (const step of CHECKS) if (!(await run(step, { beside: true }))) failed.push(step.name)
	return failed
}

/** What one file of tests came to. */
interface FileResult {
	readonly passed: number
	readonly failed: number
	readonly skipped: number
}

interface Report {
	readonly testResults: readonly {
		readonly name: string
		readonly status: string
		readonly assertionResults: readonly { readonly status: string }[]
	}[]
}

const SLOWEST = path.join(ROOT, "test/support/slowest-reporter.ts")

/** Runs vitest and returns what each file came to, or undefined when vitest itself broke. */
async function vitest(name: string, args: readonly string[]): Promise<Map<string, FileResult> | undefined> {
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-tests-"))
	const report = path.join(folder, "report.json")
	const output = ["--reporter=default", `--reporter=${SLOWEST}`, "--reporter=json", `--outputFile.json=${report}`]
	const ok = await run({ name, command: [bin("vitest"), "run", ...args, ...output] })
	try {
		const { testResults } = JSON.parse(readFileSync(report, "utf8")) as Report
		const files = new Map(
			testResults.map(({ name, status, assertionResults }) => {
				const count = (...wanted: string[]) =>
					assertionResults.filter((result) => wanted.includes(result.status)).length
				// A file that breaks before its first test has no failed test, and is a failure all the same.
				const failed = Math.max(count("failed"), Number(status === "failed"))
				return [name, { passed: count("passed"), failed, skipped: count("skipped", "pending", "todo", "disabled") }]
			}),
		)
		// An error outside every test fails the run, though each file may have passed.
		return ok || [...files.values()].some(({ failed }) => failed > 0) ? files : undefined
	} catch {
		return undefined
	} finally {
		rmSync(folder, { recursive: true, force: true })
	}
}

/** As many files may fail of themselves, on a shared machine with real servers; more are a fault. */
const FEW = 4

/**
 * Runs failed files once more, in CI: whole files with servers of their own, so that nothing is left of the first try.
 * One that passes then still fails the run, unless test/flaky.json lists it.
 */
async function retryFailed(files: Map<string, FileResult>, listed: readonly Flaky[]): Promise<void> {
	const failed = [...files].flatMap(([file, result]) => (result.failed > 0 ? [file] : []))
	const real = failed.every((file) => /^test\/(integration|browser|golden)\//.test(path.relative(ROOT, file)))
	if (!process.env.CI || failed.length === 0 || failed.length > FEW || !real) return
	const again = await vitest(`second try: ${failed.length} of ${files.size} files`, [
		"--project",
		"integration",
		...failed,
	])
	const recovered = [...(again ?? [])].flatMap(([file, { failed }]) => (failed === 0 ? [file] : []))
	const { failing, tolerated } = sortFlaky(
		recovered.map((file) => path.relative(ROOT, file)),
		listed,
	)
	for (const file of tolerated) {
		process.stdout.write(`flaky: ${file} passed in the second try; test/flaky.json lists it\n`)
		const result = again?.get(path.join(ROOT, file))
		if (result) files.set(path.join(ROOT, file), result)
	}
	for (const file of failing)
		process.stdout.write(`flaky: ${file} passed in the second try only. Repair it, or list it in test/flaky.json\n`)
}

/** Prints test/flaky.json; undefined, with the problems printed, when an entry has expired or names no file. */
function listFlaky(): readonly Flaky[] | undefined {
	try {
		const json = readFileSync(path.join(ROOT, "test/flaky.json"), "utf8")
		const list = parseFlaky(json, new Date(), (file) => existsSync(path.join(ROOT, file)))
		process.stdout.write(`${describeFlaky(list)}\n`)
		return list
	} catch (error) {
		process.stdout.write(`${messageOf(error)}\n`)
		return undefined
	}
}

async function runTests(
	projects: readonly string[],
	{ only, flaky }: { only: readonly string[]; flaky: readonly Flaky[] },
): Promise<FileResult> {
	const files = await vitest(`tests: ${projects.join(", ")}`, [
		...projects.flatMap((project) => ["--project", project]),
		...only,
	])
	if (!files) return { passed: 0, failed: 1, skipped: 0 }
	await retryFailed(files, flaky)
	const sum = (of: (file: FileResult) => number) => [...files.values()].reduce((total, file) => total + of(file), 0)
	return {
		passed: sum((file) => file.passed),
		failed: sum((file) => file.failed),
		skipped: sum((file) => file.skipped),
	}
}

function asked() {
	const flag = { type: "boolean" } as const
	try {
		const options = { install: flag, unit: flag, help: { ...flag, short: "h" } } as const
		return readArguments({ options, allowPositionals: true }, HELP)
	} catch (error) {
		process.stderr.write(`${explain(error)}\n`)
		process.exit(exitCodeOf(error))
	}
}

const { values, positionals: only } = asked()
if (values.help) {
	process.stdout.write(HELP)
	process.exit(0)
}
if (!values.unit) {
	const install = values.install ?? false
	await provideServers({ install })
	provideClaudeCode({ install })
}
const flaky = listFlaky()
// One file alone does not start as many programs as it takes to make up for compiling all.
const removePrograms = values.unit || only.length > 0 ? undefined : compilePrograms()
const [checks, { passed, failed, skipped }] = await Promise.all([
	only.length > 0 ? [] : runChecks(),
	runTests(values.unit ? ["unit"] : ["unit", "integration"], { only, flaky: flaky ?? [] }),
])
removePrograms?.()
const failedChecks = [...(flaky ? [] : ["test/flaky.json"]), ...checks]
for (const name of failedChecks) process.stdout.write(`check failed: ${name}\n`)
process.stdout.write(`\n${passed} passed, ${failed + failedChecks.length} failed, ${skipped} skipped\n`)
process.exit(failed + failedChecks.length === 0 ? 0 : 1)
