import { z } from "zod"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { archiveOf, type Release, type ReleaseTable } from "../packages/releases.ts"

/** What a comparison with the makers' checksums found. */
export interface Comparison {
	/** The table with the checksums that were missing, and today's date. */
	readonly table: ReleaseTable
	/** Releases whose checksum in the table is not the maker's. Their entries stay as they are. */
	readonly differing: readonly string[]
	/** Releases whose maker gave no checksum. */
	readonly missing: readonly string[]
}

/** Reads the text at a URL. */
export type ReadText = (url: string) => Promise<string>

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/**
 * Asks the makers for the checksum of each release: GitHub's releases have a `sha256sums.txt`, Grafana's archives a
 * `.sha256` beside them.
 */
export async function compareChecksums(table: ReleaseTable, read: ReadText, today: string): Promise<Comparison> {
	const differing: string[] = []
	const missing: string[] = []
	const releases: Release[] = []
	for (const release of table.releases) {
		const found = await checksumOf(release, read).catch((error: unknown) => {
			missing.push(`${archiveOf(release)}: ${error instanceof Error ? error.message : String(error)}`)
			return null
		})
		if (found !== null && release.sha256 !== null && found !== release.sha256)
			differing.push(`${archiveOf(release)} is ${release.sha256} in the table, its maker says ${found}`)
		releases.push({ ...release, sha256: release.sha256 ?? found })
	}
	const complete = differing.length === 0 && missing.length === 0
	return { table: { asOf: complete ? today : table.asOf, releases }, differing, missing }
}

async function checksumOf(release: Release, read: ReadText): Promise<string> {
	const name = archiveOf(release)
	const listed = release.program !== "grafana"
	const text = await read(listed ? release.url.replace(name, "sha256sums.txt") : `${release.url}.sha256`)
	const line = listed ? text.split("\n").find((each) => each.trim().endsWith(` ${name}`)) : text
	const parsed = sha256.safeParse(line?.trim().split(/\s+/)[0])
	if (!parsed.success) throw new ObservatoryError("source_malformed", "no checksum in the answer")
	return parsed.data
}
