import { readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { z } from "zod"

/** Programs that npm does not install. */
export const PROGRAMS = ["prometheus", "alertmanager", "grafana"] as const
export type Program = (typeof PROGRAMS)[number]

const release = z.strictObject({
	program: z.enum(PROGRAMS),
	version: z.string().regex(/^\d+\.\d+\.\d+$/),
	/** `process.platform`-`process.arch`. */
	platform: z.enum(["linux-x64", "linux-arm64", "darwin-arm64"]),
	/** Where the maker offers the archive, a `.tar.gz` with one folder. */
	url: z.url().refine((url) => new URL(url).protocol === "https:" && url.endsWith(".tar.gz")),
	/** Of the archive; null until `npm run release:checksums` has asked the maker. Nothing is fetched without it. */
	sha256: z
		.string()
		.regex(/^[0-9a-f]{64}$/)
		.nullable(),
})

/** An archive of a program, as its maker offers it. */
export type Release = z.output<typeof release>
/** A release whose checksum is known. */
export type CheckedRelease = Release & { readonly sha256: string }

export const releaseTable = z.strictObject({
	/** The day on which the checksums were last compared with the makers' own. */
	asOf: z.iso.date(),
	/** The preferred version of each program and platform first. */
	releases: z.array(release),
})
export type ReleaseTable = z.output<typeof releaseTable>

/** The file of the table. */
export const RELEASES_FILE = join(import.meta.dirname, "releases.json")

let table: ReleaseTable | undefined

/** The releases that `npm start -- --install` fetches. */
export function shippedReleases(): ReleaseTable {
	table ??= releaseTable.parse(JSON.parse(readFileSync(RELEASES_FILE, "utf8")))
	return table
}

/** The releases of a program for a platform whose checksum is known, the preferred one first. */
export function releasesOf(
	program: Program,
	platform: string,
	{ releases }: ReleaseTable = shippedReleases(),
): CheckedRelease[] {
	return releases.filter(
		(each): each is CheckedRelease => each.program === program && each.platform === platform && each.sha256 !== null,
	)
}

/** The platform of this machine, as the table spells it. */
export const thisPlatform = (): string => `${process.platform}-${process.arch}`

/** The archive's file name, also in a mirror and in a folder of archives. */
export const archiveOf = ({ url }: Release): string => basename(new URL(url).pathname)

/** The folder of an unpacked release below the folder of packages. */
export const releaseFolder = (packages: string, { program, version }: Release): string =>
	join(packages, "releases", `${program}-${version}`)

/** The folder of a release's programs; Grafana's are one deeper. */
export const programFolder = (packages: string, each: Release): string =>
	each.program === "grafana" ? join(releaseFolder(packages, each), "bin") : releaseFolder(packages, each)

/** `Prometheus`, for people. */
export const titleOf = (program: Program): string => `${program[0]?.toUpperCase()}${program.slice(1)}`
