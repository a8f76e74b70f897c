import { execFile } from "node:child_process"
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { download, matches } from "./download.ts"
import { archiveOf, type CheckedRelease, type Program, releaseFolder, releasesOf, titleOf } from "./releases.ts"

const run = promisify(execFile)

/** Where archives come from. */
export interface Source {
	/** The folder of everything that is fetched. */
	readonly packages: string
	/** As in the table of releases. */
	readonly platform: string
	/** A URL below which the archives are, instead of the makers' sites. */
	readonly mirror?: string | undefined
	/** A folder with the archives, instead of any site. */
	readonly folder?: string | undefined
}

/** What came of it, program by program. */
export interface Installed {
	/** `Prometheus 3.13.4`. */
	readonly installed: readonly string[]
	/** The others, with the reason. */
	readonly failed: ReadonlyMap<Program, string>
}

/**
 * Fetches, checks and unpacks the pinned releases of `programs`; nothing is unpacked before its checksum is right.
 * One that fails keeps none of the others.
 */
export async function installReleases(
	programs: readonly Program[],
	source: Source,
	report: (progress: string) => void,
	signal: AbortSignal,
): Promise<Installed> {
	const installed: string[] = []
	const failed = new Map<Program, string>()
	for (const program of programs) {
		const [release] = releasesOf(program, source.platform)
		try {
			if (release === undefined)
				throw new ObservatoryError("not_found", `no release for ${source.platform} has a checksum`)
			await install(release, source, report, signal)
			installed.push(`${titleOf(program)} ${release.version}`)
		} catch (error) {
			signal.throwIfAborted()
			failed.set(program, messageOf(error))
		}
	}
	return { installed, failed }
}

async function install(
	release: CheckedRelease,
	source: Source,
	report: (progress: string) => void,
	signal: AbortSignal,
): Promise<void> {
	const title = `${titleOf(release.program)} ${release.version}`
	const downloads = join(source.packages, "downloads")
	mkdirSync(downloads, { recursive: true })
	const file = join(downloads, archiveOf(release))
	if (source.folder === undefined)
		await download({ url: urlOf(release, source.mirror), sha256: release.sha256, file, title }, { report, signal })
	else await copyChecked(join(source.folder, archiveOf(release)), file, release.sha256)
	report(`${title}: unpacking`)
	await unpack(file, release, source.packages, signal)
	rmSync(file, { force: true })
}

const urlOf = (release: CheckedRelease, mirror: string | undefined): string =>
	mirror === undefined ? release.url : `${mirror.replace(/\/$/, "")}/${archiveOf(release)}`

async function copyChecked(from: string, to: string, sha256: string): Promise<void> {
	copyFileSync(from, to)
	if (await matches(to, sha256)) return
	rmSync(to, { force: true })
	throw new ObservatoryError("source_malformed", `${from} is not the file that was expected: its SHA-256 differs`)
}

/** Unpacks into a draft folder and renames it, so that an interrupted run leaves no partial copy. */
async function unpack(file: string, release: CheckedRelease, packages: string, signal: AbortSignal): Promise<void> {
	const folder = releaseFolder(packages, release)
	const draft = `${folder}.new`
	rmSync(draft, { recursive: true, force: true })
	mkdirSync(draft, { recursive: true })
	await run("tar", ["-xzf", file, "-C", draft, "--strip-components=1", "--no-same-owner"], { signal })
	rmSync(folder, { recursive: true, force: true })
	renameSync(draft, folder)
	removeOthers(packages, release)
}

/** Releases of the same program that this one replaces. */
function removeOthers(packages: string, release: CheckedRelease): void {
	const parent = join(packages, "releases")
	const others = readdirSync(parent).filter(
		(name) => name.startsWith(`${release.program}-`) && name !== `${release.program}-${release.version}`,
	)
	for (const name of others) rmSync(join(parent, name), { recursive: true, force: true })
}
