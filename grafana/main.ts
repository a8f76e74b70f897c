import { readdir, readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { readArguments, runCommand, usageError } from "../core/lib/arguments.ts"
import { ObservatoryError } from "../core/lib/errors.ts"
import { isMissing, writeAtomic } from "../core/lib/files.ts"
import { BOARDS } from "./boards/index.ts"
import { type Change, changesBetween, renderChange } from "./changes.ts"
import { exportBoards } from "./exchange/export.ts"
import { importBoard } from "./exchange/import.ts"
import { ALERTS, DASHBOARDS, generate } from "./generate.ts"
import { inspect } from "./kit/inspect.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url))
const USAGE = `npm run dashboards [-- --check | --import FILE | --export v1|v2 --to FOLDER]

  Writes the Grafana dashboards and the metrics reference from grafana/boards and core/catalogue,
  the reference with the alerts of prometheus/alerts.yaml.
  --check          writes nothing; fails if a generated file is out of date
  --import FILE    writes nothing; says panel by panel what to change in the code for a board of ours that was changed
                   in Grafana 12 or 13 and saved there as JSON, of v1 or v2. Exits with 1 when there is something
  --export v1|v2   writes the boards for a Grafana that is provisioned otherwise: v1 JSON, or v2 resources
  --to FOLDER      where the exported boards go
  --data-source OURS=UID
                   in exported boards, the uid there of our data source, such as prometheus=abc123; may be repeated`

async function main(): Promise<void> {
	const options = {
		check: { type: "boolean" },
		import: { type: "string" },
		export: { type: "string" },
		to: { type: "string" },
		"data-source": { type: "string", multiple: true },
		help: { type: "boolean", short: "h" },
	} as const
	const { values } = readArguments({ options }, USAGE)
	if (values.help) return console.log(USAGE)
	if (values.import !== undefined) return importFile(values.import)
	if (values.export !== undefined) return exportTo(values.export, values.to, values["data-source"] ?? [])

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

function importFile(file: string): void {
	const { text, changes } = importBoard(file, ROOT)
	process.stdout.write(text)
	if (changes > 0) process.exitCode = 1
}

function exportTo(format: string, folder: string | undefined, dataSources: readonly string[]): void {
	if (format !== "v1" && format !== "v2") throw usageError(`--export is v1 or v2, not "${format}"`, USAGE)
	if (folder === undefined) throw usageError("--export needs --to FOLDER", USAGE)
	const pairs = dataSources.map((pair) => pair.split("="))
	if (pairs.some(({ length }) => length !== 2)) throw usageError("--data-source is OURS=UID", USAGE)
	for (const [name, text] of exportBoards(format, new Map(pairs.map(([own = "", uid = ""]) => [own, uid])))) {
		writeAtomic(join(folder, name), text)
		console.log(join(folder, name))
	}
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
