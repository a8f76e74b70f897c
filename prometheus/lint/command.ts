import { readFileSync } from "node:fs"
import path from "node:path"
import { readArguments, usageError } from "../../core/lib/arguments.ts"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { writeAtomic } from "../../core/lib/files.ts"
import { boundaryTests, renderTests } from "./boundary-tests.ts"
import { durationMs } from "./duration.ts"
import { type LintOptions, lint, type TextFile } from "./lint.ts"
import { LINT_FORMATS, type LintFormat, renderLint } from "./report.ts"

export const LINT_HELP = `npm run rules -- --lint FILE… [OPTIONS]

Examines plain rules files of Prometheus, not only ours: comparisons that are never true, selectors that select nothing, labels
that are aggregated away, how long each alert may take from a fault to its notification, and what it does while its
series are missing. docs/rules-lint.md lists the findings. Reads files only.

  --scrape-interval 15s   how often the targets are scraped, if you know it (otherwise 1m, as by default)
  --interval 1m           how often groups without an interval of their own are evaluated
  --group-wait 30s        Alertmanager's group_wait
  --budget 5m             within which alerts with the severity critical or page are to be notified
  --tests FOLDER          write tests at the boundary of each alert whose condition is simple enough, for promtool
  --format text           text, json, sarif, or github (annotations of GitHub Actions)
  --verbose               findings of the severity info, and the time to detection of each alert

Exit code: 0 no errors, 1 errors, 2 wrong usage.
`

const ADVICE = "npm run rules -- --lint --help lists the options."
const text = { type: "string" } as const
const flag = { type: "boolean" } as const

/** `npm run rules -- --lint FILE…`; returns the exit code. @throws ObservatoryError for wrong usage and unreadable files */
export function runLint(args: readonly string[]): 0 | 1 {
	const { values, positionals } = readArguments(
		{
			args: [...args],
			allowPositionals: true,
			options: {
				lint: flag,
				"scrape-interval": text,
				interval: text,
				"group-wait": text,
				budget: text,
				tests: text,
				format: text,
				verbose: flag,
				help: { ...flag, short: "h" },
			},
		},
		ADVICE,
	)
	if (values.help) {
		process.stdout.write(LINT_HELP)
		return 0
	}
	if (positionals.length === 0) throw usageError("--lint needs the files to examine", ADVICE)
	const format = values.format ?? "text"
	if (!isFormat(format)) throw usageError(`--format is ${LINT_FORMATS.join(", ")}, not ${format}`, ADVICE)
	const duration = (name: "scrape-interval" | "interval" | "group-wait" | "budget", otherwise: string): number => {
		const written = values[name] ?? otherwise
		const ms = durationMs(written)
		if (ms === undefined || (ms === 0 && name !== "group-wait"))
			throw usageError(`--${name} is a duration such as 30s, not ${written}`, ADVICE)
		return ms
	}
	const options: LintOptions = {
		scrape: duration("scrape-interval", "1m"),
		scrapeKnown: values["scrape-interval"] !== undefined,
		evaluation: duration("interval", "1m"),
		groupWait: duration("group-wait", "30s"),
		budget: duration("budget", "5m"),
	}
	const result = lint(positionals.map(readFile), options)
	process.stdout.write(`${renderLint(result, format, values.verbose ?? false)}\n`)
	if (values.tests !== undefined) writeTests(result.read, values.tests, options.evaluation)
	return result.findings.some(({ severity }) => severity === "error") ? 1 : 0
}

const isFormat = (format: string): format is LintFormat => (LINT_FORMATS as readonly string[]).includes(format)

function readFile(name: string): TextFile {
	try {
		return { name, text: readFileSync(name, "utf8") }
	} catch (error) {
		throw new ObservatoryError("file_unreadable", `${name} cannot be read: ${messageOf(error)}`, { cause: error })
	}
}

function writeTests(read: ReturnType<typeof lint>["read"], folder: string, interval: number): void {
	for (const file of new Set(read.map((each) => each.file))) {
		const generated = read.filter((each) => each.file === file).map(boundaryTests)
		const tests = generated.flatMap((each) => ("tests" in each ? each.tests : []))
		const target = path.join(folder, `${path.basename(file).replace(/\.ya?ml$/, "")}.test.yml`)
		if (tests.length > 0)
			writeAtomic(target, renderTests(path.relative(path.resolve(folder), path.resolve(file)), interval, tests))
		process.stderr.write(`${tests.length > 0 ? `${target}: ${tests.length} tests` : `${file}: no tests`}\n`)
		for (const each of generated) if ("reason" in each) process.stderr.write(`  ${each.alert}: ${each.reason}\n`)
	}
}
