import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { parseArgs } from "node:util"
import { provideClaudeCode } from "./support/claude-code.ts"
import { provideServers } from "./support/provide.ts"

const HELP = `npm test [-- OPTIONS]

Checks types, style and that generated files are current, then runs the unit and the integration tests. The
integration tests run against the real servers: PostgreSQL (from npm), Prometheus, Alertmanager and Chromium.

  --install    fetch what is missing: Prometheus, Alertmanager and Claude Code (235 MB) into
               .observatory/packages, Chromium and OpenSSL with apt-get (needs root or sudo)
  --unit       only what needs no server
  --help       this text
`

interface Step {
	readonly name: string
	readonly command: readonly string[]
}

const bin = (name: string) => path.join(import.meta.dirname, "../node_modules/.bin", name)
const node = ["node", "--import", "tsx"]

const CHECKS: readonly Step[] = [
	{ name: "types", command: [bin("tsc"), "--noEmit"] },
	{ name: "style", command: [bin("biome"), "check", "."] },
	{ name: "unused code", command: [bin("knip")] },
	{ name: "rules are current", command: [...node, "prometheus/main.ts", "--check"] },
	{ name: "dashboards are current", command: [...node, "grafana/main.ts", "--check"] },
]

function run({ name, command }: Step): boolean {
	const started = Date.now()
	process.stdout.write(`\n── ${name}\n`)
	const [file = "", ...args] = command
	const { status, error } = spawnSync(file, args, { stdio: "inherit" })
	if (error) process.stderr.write(`${error.message}\n`)
	process.stdout.write(
		`── ${name}: ${status === 0 ? "ok" : "FAILED"} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`,
	)
	return status === 0
}

interface Counts {
	readonly passed: number
	readonly failed: number
	readonly skipped: number
}

function runTests(projects: readonly string[]): Counts {
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-tests-"))
	const report = path.join(folder, "report.json")
	const ok = run({
		name: `tests: ${projects.join(", ")}`,
		command: [
			bin("vitest"),
			"run",
			...projects.flatMap((project) => ["--project", project]),
			"--reporter=default",
			"--reporter=json",
			`--outputFile.json=${report}`,
		],
	})
	try {
		const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, "utf8"))
		// A suite that breaks before its first test has no failed test, and is a failure all the same.
		return { passed: numPassedTests, failed: ok ? 0 : Math.max(1, numFailedTests), skipped: numPendingTests }
	} catch {
		return { passed: 0, failed: 1, skipped: 0 }
	} finally {
		rmSync(folder, { recursive: true, force: true })
	}
}

const { values } = parseArgs({
	options: { install: { type: "boolean" }, unit: { type: "boolean" }, help: { type: "boolean" } },
})
if (values.help) {
	process.stdout.write(HELP)
	process.exit(0)
}
if (!values.unit) {
	const install = values.install ?? false
	await provideServers({ install })
	provideClaudeCode({ install })
}
const failedChecks = CHECKS.filter((step) => !run(step))
const { passed, failed, skipped } = runTests(values.unit ? ["unit"] : ["unit", "integration"])
for (const step of failedChecks) process.stdout.write(`check failed: ${step.name}\n`)
process.stdout.write(`\n${passed} passed, ${failed + failedChecks.length} failed, ${skipped} skipped\n`)
process.exit(failed + failedChecks.length === 0 ? 0 : 1)
