import { execFileSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"

const ROOT = path.resolve(import.meta.dirname, "../..")

/** A folder with what the Dockerfile puts into the image: `dist` and the production dependencies. */
export interface Image {
	readonly folder: string
	remove(): void
}

interface Lockfile {
	readonly packages: Readonly<Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }>>
}

/** Builds it without the network: the packages are copied out of this checkout. */
export function buildImage(): Image {
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-image-"))
	const build = ["--import", "tsx", "stack/compose/build/main.ts", path.join(folder, "dist")]
	execFileSync(process.execPath, build, { cwd: ROOT })
	// What `npm prune --omit=dev --omit=optional` leaves, as the lockfile says it.
	const { packages } = JSON.parse(readFileSync(path.join(ROOT, "package-lock.json"), "utf8")) as Lockfile
	for (const [name, { dev, optional, devOptional }] of Object.entries(packages)) {
		if (!name.startsWith("node_modules/") || dev || optional || devOptional) continue
		const from = path.join(ROOT, name)
		// A package inside another is an entry of its own.
		const filter = (file: string) => file !== path.join(from, "node_modules")
		cpSync(from, path.join(folder, name), { recursive: true, filter })
	}
	return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
