import { readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"

interface Entry {
	readonly integrity?: string
	/** A folder of this repository, which needs no hash. */
	readonly link?: boolean
	/** Comes inside the package above it, whose hash covers it. */
	readonly inBundle?: boolean
}
const lockfile = JSON.parse(readFileSync(path.resolve(import.meta.dirname, "../../package-lock.json"), "utf8"))
const packages = Object.entries<Entry>(lockfile.packages).filter(([name]) => name.startsWith("node_modules/"))

describe("package-lock.json", () => {
	// `npm ci` installs an entry without a hash unchecked, and never adds the hash later.
	it("has a hash for every package from the registry, those of other platforms too", () => {
		expect(packages.length).toBeGreaterThan(100)
		const unchecked = packages.filter(
			([, { link, inBundle, integrity = "" }]) => !link && !inBundle && !/^sha512-[\w+/]{86}==$/.test(integrity),
		)
		expect(unchecked.map(([name]) => name)).toEqual([])
	})
})
