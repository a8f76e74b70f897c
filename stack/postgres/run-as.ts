import { readFileSync, realpathSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { RunAs } from "../process/children.ts"

/** What decides how PostgreSQL can be run by root, who may not run it directly. */
export interface Situation {
	readonly nobody: { readonly uid: number; readonly gid: number }
	/** A folder on the way to the programs or the data that `nobody` cannot pass, if there is one. */
	readonly blockedBy: string | undefined
	readonly setpriv: boolean
	/** Effective capabilities, as the bits of `CapEff` in `/proc/self/status`. */
	readonly capabilities: bigint
}

const CAP_DAC_OVERRIDE = 1n << 1n
const CAP_DAC_READ_SEARCH = 1n << 2n

/**
 * The user that PostgreSQL runs as when root starts it: `nobody`, who exists everywhere. Below a folder that nobody
 * may enter (a clone in /root), it keeps the one capability that lets it read and pass folders.
 *
 * @throws ObservatoryError `forbidden` where there is no way
 */
export function decideRunAs({ nobody, blockedBy, setpriv, capabilities }: Situation): RunAs {
	if (blockedBy === undefined) return { ...nobody, capabilities: [] }
	if (setpriv && capabilities & CAP_DAC_READ_SEARCH) return { ...nobody, capabilities: ["dac_read_search"] }
	if (setpriv && capabilities & CAP_DAC_OVERRIDE) return { ...nobody, capabilities: ["dac_override"] }
	throw new ObservatoryError(
		"forbidden",
		`PostgreSQL refuses to run as root, and the user nobody may not enter ${blockedBy}`,
		{
			advice: `Start as an ordinary user, or move this folder somewhere that others may enter (such as /srv), or run chmod o+x ${blockedBy}, or set DATABASE_URL.`,
		},
	)
}

/** The first folder from the root down to one of `paths` that a user with no part in it may not enter. */
export function firstBlocked(paths: readonly string[]): string | undefined {
	for (const path of paths) {
		const blocked = ancestors(realpathSync(path)).find((folder) => (statSync(folder).mode & 0o001) === 0)
		if (blocked !== undefined) return blocked
	}
	return undefined
}

function ancestors(path: string): string[] {
	const parent = dirname(path)
	return parent === path ? [path] : [...ancestors(parent), path]
}

/** `nobody` as this system numbers it. */
export function nobodyIds(passwd = readFileSync("/etc/passwd", "utf8")): { uid: number; gid: number } {
	const [, , uid, gid] =
		passwd
			.split("\n")
			.find((line) => line.startsWith("nobody:"))
			?.split(":") ?? []
	return { uid: Number(uid ?? 65_534) >>> 0, gid: Number(gid ?? 65_534) >>> 0 }
}

/** The bits of `CapEff`; none where the kernel does not tell. */
export function effectiveCapabilities(): bigint {
	if (process.platform !== "linux") return 0n
	const bits = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]
	return BigInt(`0x${bits ?? "0"}`)
}
