import { readFileSync, realpathSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { RunAs } from "../process/children.ts"

/** Facts that decide how root runs PostgreSQL, which refuses to run as root. */
export interface Situation {
	readonly unprivileged: { readonly uid: number; readonly gid: number }
	/** A parent folder of the programs or the data that `nobody` cannot enter, if any. */
	readonly blockedBy: string | undefined
	readonly setpriv: boolean
	/** Effective capabilities, as the bits of `CapEff` in `/proc/self/status`. */
	readonly capabilities: bigint
}

const CAP_DAC_OVERRIDE = 1n << 1n
const CAP_DAC_READ_SEARCH = 1n << 2n

/**
 * The user that PostgreSQL runs as when root starts it: `nobody`, which exists on every system. Below a folder that
 * `nobody` may not enter (a clone in /root), it keeps the one capability that lets it read and enter folders.
 *
 * @throws ObservatoryError `forbidden` without such a capability
 */
export function decideRunAs({ unprivileged, blockedBy, setpriv, capabilities }: Situation): RunAs {
	if (blockedBy === undefined) return { ...unprivileged, capabilities: [] }
	if (setpriv && capabilities & CAP_DAC_READ_SEARCH) return { ...unprivileged, capabilities: ["dac_read_search"] }
	if (setpriv && capabilities & CAP_DAC_OVERRIDE) return { ...unprivileged, capabilities: ["dac_override"] }
	throw new ObservatoryError(
		"forbidden",
		`PostgreSQL refuses to run as root, and the user nobody may not enter ${blockedBy}`,
		{
			advice: `Start as an ordinary user, move this folder to one that other users may enter (such as /srv), run chmod o+x ${blockedBy}, or set DATABASE_URL.`,
		},
	)
}

/** The first folder, from the root down to one of `paths`, that other users may not enter, or such a file that they may not read. */
export function firstBlocked(paths: readonly string[]): string | undefined {
	for (const path of paths) {
		const blocked = ancestors(realpathSync(path)).find((each) => {
			const stat = statSync(each)
			return (stat.mode & (stat.isDirectory() ? 0o001 : 0o004)) === 0
		})
		if (blocked !== undefined) return blocked
	}
	return undefined
}

function ancestors(path: string): string[] {
	const parent = dirname(path)
	return parent === path ? [path] : [...ancestors(parent), path]
}

/** The ids of `nobody` on this system. */
export function unprivilegedIds(passwd = readFileSync("/etc/passwd", "utf8")): { uid: number; gid: number } {
	const [, , uid, gid] =
		passwd
			.split("\n")
			.find((line) => line.startsWith("nobody:"))
			?.split(":") ?? []
	return { uid: Number(uid ?? 65_534) >>> 0, gid: Number(gid ?? 65_534) >>> 0 }
}

/** The bits of `CapEff`; 0 if the kernel does not report them. */
export function effectiveCapabilities(): bigint {
	if (process.platform !== "linux") return 0n
	const bits = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]
	return BigInt(`0x${bits ?? "0"}`)
}
