import { readdir, readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { readArguments, runCommand } from "../core/lib/arguments.ts"
import { ObservatoryError } from "../core/lib/errors.ts"
import { isMissing, writeAtomic } from "../core/lib/files.ts"
import { BOARDS } from "./boards/index.ts"
import { type Change, changesBetween, renderChange } from "./changes.ts"
import { ALERTS, DASHBOARDS, generate } from "./generate.ts"
import { inspect } from "./kit/inspect.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url))
const USAGE = `npm run dashboards [-- --check]

  Writes the Grafana dashboards and the metrics reference from grafana/boards and core/catalogue,
  the reference with the alerts of prometheus/alerts.yaml.
  --check   writes nothing; fails if a generated file is out of date`

async function main(): Promise<void> {
	const options = { check: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const
	const { values } = readArguments({ options }, USAGE)
	if (values.help) return console.log(USAGE)

	const problems = inspect(BOARDS)
	if (problems.length > 0) {
		throw new ObservatoryError("internal", `The boards have errors:\n${problems.map((p) => `  - ${p}`).join("\n")}`, {
			advice: "Correct grafana/boards; nothing was written.",
		})
	}
	const files = generate(await readFile(join(ROOT, ALERTS), "utf8"))
	const changes = changesBetween(await onDisk(files), files)
	for (const change of changes) console.log(renderChange(change))
	if (changes.length === 0) return console.log(`${files.size} files are up to date.`)
	if (values.check) {
		throw new ObservatoryError("conflict", `${changes.length} generated files are out of date`, {
			advice: "Run npm run dashboards and commit the files.",
		})
	}
	for (const change of changes) await apply(change, files.get(change.path))
}

/** The files at the generated paths, and all files in the dashboards' folder. */
async function onDisk(files: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
	const present = await readdir(join(ROOT, DASHBOARDS), { recursive: true, withFileTypes: true }).catch(absent([]))
	const dashboards = present
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))
	const found = new Map<string, string>()
	for (const path of new Set([...files.keys(), ...dashboards])) {
		const text = await readFile(join(ROOT, path), "utf8").catch(absent(undefined))
		if (text !== undefined) found.set(path, text)
	}
	return found
}

/** Writes atomically, because a running Grafana reads the folder. */
async function apply(change: Change, text: string | undefined): Promise<void> {
	const path = join(ROOT, change.path)
	if (text === undefined) return rm(path)
	writeAtomic(path, text)
}

const absent =
	<T>(instead: T) =>
	(error: unknown): T => {
		if (isMissing(error)) return instead
		throw error
	}

await runCommand(main)
