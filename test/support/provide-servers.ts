import { execFileSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { fetchPackages } from "../../stack/packages/fetch.ts"
import { unpackedInto } from "../../stack/packages/programs.ts"
import { findProgram } from "../../stack/process/find-program.ts"
import { stateDirAt } from "../../stack/state-dir.ts"

const SERVERS = ["prometheus", "promtool", "prometheus-alertmanager", "amtool"] as const

/** Debian's packages that tests need besides, each with the programs that make it unnecessary. */
const DEBIAN = {
	chromium: ["chromium", "chromium-browser", "google-chrome"],
	openssl: ["openssl"],
}

/**
 * Makes the servers that integration tests need findable on the PATH of this process and its children; with
 * `install`, gets those that the machine lacks.
 *
 * @throws ObservatoryError `dependency_missing`, naming what is missing and the command that gets it
 */
export async function provideServers({ install }: { install: boolean }): Promise<void> {
	const { packages } = stateDirAt(path.join(import.meta.dirname, "../.."))
	const wrappers = path.join(packages, "bin")
	process.env.PATH = `${process.env.PATH ?? ""}${path.delimiter}${wrappers}`
	// Whatever `npm start -- --install` or an earlier run has fetched is used.
	if (existsSync(path.join(unpackedInto(packages), "usr/bin"))) wrap(packages, wrappers)
	let missing = missingServers()
	if (missing.length > 0 && install) {
		mkdirSync(packages, { recursive: true })
		await fetchPackages(
			packages,
			process.env,
			(progress) => process.stdout.write(`packages: ${progress}\n`),
			AbortSignal.timeout(600_000),
		)
		wrap(packages, wrappers)
		missing = missingServers()
	}
	if (missing.length > 0)
		throw new ObservatoryError("dependency_missing", `The integration tests need ${missing.join(", ")}`, {
			advice: "npm test -- --install fetches them; npm test -- --unit runs what needs no server.",
		})
	const lacking = Object.entries(DEBIAN).filter(([, names]) => findProgram(names, process.env.PATH ?? "") === undefined)
	if (lacking.length > 0)
		installFromDebian(
			lacking.map(([name]) => name),
			install,
		)
}

const missingServers = () =>
	SERVERS.filter((name) => {
		const names = name === "prometheus-alertmanager" ? [name, "alertmanager"] : [name]
		return findProgram(names, process.env.PATH ?? "") === undefined
	})

/** An unpacked Alertmanager finds its templates only from a certain folder, so each program gets a small script. */
function wrap(packages: string, wrappers: string): void {
	const root = unpackedInto(packages)
	mkdirSync(wrappers, { recursive: true })
	for (const name of SERVERS) {
		const file = path.join(wrappers, name)
		const folder = name === "prometheus-alertmanager" ? `cd '${root}/usr/share/prometheus' && ` : ""
		writeFileSync(file, `#!/bin/sh\n${folder}exec '${root}/usr/bin/${name}' "$@"\n`)
		chmodSync(file, 0o755)
	}
}

function installFromDebian(names: readonly string[], install: boolean): void {
	const asRoot = process.getuid?.() === 0 ? [] : ["sudo"]
	const commands = [
		[...asRoot, "apt-get", "update", "-qq"],
		[...asRoot, "apt-get", "install", "-y", "-qq", "--no-install-recommends", ...names],
	]
	const shown = commands.map((command) => command.join(" ")).join(" && ")
	if (!install)
		throw new ObservatoryError("dependency_missing", `The integration tests need ${names.join(" and ")}`, {
			advice: `npm test -- --install gets it (with ${shown}); npm test -- --unit runs what needs nothing besides Node.`,
		})
	process.stdout.write(`${names.join(", ")}: ${shown}\n`)
	for (const [file = "", ...args] of commands)
		execFileSync(file, args, {
			stdio: ["ignore", "ignore", "inherit"],
			env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
		})
}
