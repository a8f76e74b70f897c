import { execFile } from "node:child_process"
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { relocateFile } from "./alertmanager.ts"
import { unpackedInto } from "./programs.ts"

const run = promisify(execFile)

/** The packages to fetch: the servers, and the libraries of Prometheus' web interface. */
const SERVERS = ["prometheus", "prometheus-alertmanager"]
const PAGE_PARTS = /^(?:libjs-|fonts-)/

/**
 * Fetches Debian's Prometheus and Alertmanager into `packages` and unpacks them there. Needs no root: apt keeps its
 * lists in the same folder, installs nothing and starts no service.
 *
 * @throws ObservatoryError `dependency_missing` with apt's error
 */
export async function fetchPackages(
	packages: string,
	env: NodeJS.ProcessEnv,
	report: (progress: string) => void,
	signal: AbortSignal,
): Promise<void> {
	const apt = aptIn(packages, env, signal)
	const debs = join(packages, "debs")
	rmSync(debs, { recursive: true, force: true })
	mkdirSync(debs, { recursive: true })
	report("reading Debian's package lists (about 14 MB)")
	// An unreachable third-party list fails this even if Debian's own lists arrived; the download below decides.
	const listsProblem = await apt("apt-get", ["update"]).then(
		() => undefined,
		(error: unknown) => aptWords(error),
	)
	try {
		const wanted = [...SERVERS, ...(await pageParts(apt))]
		const total = await sizeOf(apt, wanted)
		const watch = setInterval(() => report(`downloading ${megabytes(bytesIn(debs))} of ${megabytes(total)} MB`), 500)
		try {
			await apt("apt-get", ["download", ...wanted], debs)
		} finally {
			clearInterval(watch)
		}
	} catch (error) {
		signal.throwIfAborted()
		throw new ObservatoryError(
			"dependency_missing",
			`Debian's packages cannot be fetched: ${listsProblem ?? aptWords(error)}`,
			{
				advice: "Check the network and /etc/apt/sources.list, then run npm start -- --install again.",
				cause: error,
			},
		)
	}
	report("unpacking")
	await unpack(debs, packages, signal)
	rmSync(debs, { recursive: true, force: true })
}

/** Unpacks into a draft folder and renames it, so that an interrupted run leaves no partial copy. */
async function unpack(debs: string, packages: string, signal: AbortSignal): Promise<void> {
	const draft = `${unpackedInto(packages)}.new`
	rmSync(draft, { recursive: true, force: true })
	mkdirSync(draft, { recursive: true })
	for (const deb of readdirSync(debs).filter((name) => name.endsWith(".deb")))
		await run("dpkg-deb", ["-x", join(debs, deb), draft], { signal })
	relocateFile(join(draft, "usr/bin/prometheus-alertmanager"))
	rmSync(unpackedInto(packages), { recursive: true, force: true })
	renameSync(draft, unpackedInto(packages))
}

type Apt = (program: "apt-get" | "apt-cache", args: readonly string[], cwd?: string) => Promise<string>

/** apt that writes all its files to `packages` and uses the system's sources, keys and proxies. */
function aptIn(packages: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Apt {
	const state = join(packages, "apt")
	for (const folder of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(state, folder), { recursive: true })
	const options = {
		"Dir::State": state,
		"Dir::State::lists": join(state, "lists"),
		"Dir::State::status": "/var/lib/dpkg/status",
		"Dir::Cache": join(state, "cache"),
		"APT::Sandbox::User": "root",
		"Acquire::Retries": "2",
		"Acquire::Languages": "none",
	}
	const flags = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`])
	// apt calls dpkg, which needs the system folders that an ordinary user's PATH may lack.
	const aptEnv = { ...env, PATH: `${env.PATH ?? ""}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: "C.UTF-8" }
	return async (program, args, cwd = packages) => {
		const options = { cwd, env: aptEnv, signal, maxBuffer: 64 * 1024 * 1024 }
		const { stdout } = await run(program, [...flags, ...args], options)
		return stdout
	}
}

/** The libraries of Prometheus' pages, such as jQuery, with their dependencies of the same kind. */
async function pageParts(apt: Apt): Promise<string[]> {
	const others = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map((kind) => `--no-${kind}`)
	const listed = await apt("apt-cache", ["depends", "--recurse", ...others, "prometheus"])
	return [...new Set(listed.split("\n"))].filter((name) => PAGE_PARTS.test(name)).sort()
}

async function sizeOf(apt: Apt, names: readonly string[]): Promise<number> {
	const shown = await apt("apt-cache", ["show", "--no-all-versions", ...names])
	return [...shown.matchAll(/^Size: (\d+)$/gm)].reduce((sum, [, size]) => sum + Number(size), 0)
}

function bytesIn(folder: string): number {
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.map((name) => statSync(join(folder, name), { throwIfNoEntry: false }))
		.reduce((sum, stat) => sum + (stat?.isFile() ? stat.size : 0), 0)
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)

/** apt's error lines, without the command line that execFile adds. */
function aptWords(error: unknown): string {
	const { stderr } = (error ?? {}) as { stderr?: string }
	const words = stderr?.split("\n").filter((line) => line.startsWith("E:")) ?? []
	return words.length > 0 ? words.join(" ") : messageOf(error)
}
