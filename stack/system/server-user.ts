import { chmodSync, copyFileSync, lchownSync, lstatSync, mkdirSync, readdirSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { effectiveCapabilities, firstBlocked } from "../postgres/run-as.ts"
import type { RunAs } from "../process/children.ts"
import type { Secret } from "../secrets.ts"
import type { Plan } from "./plan.ts"

/**
 * The users that servers of others run as where root starts them, each with its own, so that none can read another's data.
 * No system gives these ids to anyone: they are between the last of systemd's and nobody.
 */
const IDS = { prometheus: 65_521, alertmanager: 65_522 } as const
type Server = keyof typeof IDS

const CAP_DAC_READ_SEARCH = 1n << 2n

/** Facts that decide how root runs a server. */
export interface Situation {
	readonly isRoot: boolean
	readonly setpriv: boolean
	/** A folder or file that it has to read and that is closed to other users, if any. */
	readonly blockedBy: string | undefined
	/** Effective capabilities, as the bits of `CapEff` in `/proc/self/status`. */
	readonly capabilities: bigint
}

/**
 * The user of a server; undefined for the runner's own. Below a folder that other users may not enter it keeps the one
 * capability that lets it read; without setpriv or that capability it runs as root, which the doctor reports.
 */
export function decideServerUser(server: Server, situation: Situation): RunAs | undefined {
	const { isRoot, setpriv, blockedBy, capabilities } = situation
	if (!isRoot) return undefined
	const [uid, gid] = [IDS[server], IDS[server]]
	if (blockedBy === undefined) return { uid, gid, capabilities: [] }
	return setpriv && capabilities & CAP_DAC_READ_SEARCH ? { uid, gid, capabilities: ["dac_read_search"] } : undefined
}

/** The user of a server that reads `paths`, besides its own folder, which is given to that user. */
export function serverUser(plan: Plan, server: Server, paths: readonly string[]): RunAs | undefined {
	const { machine, home } = plan
	const user = decideServerUser(server, {
		isRoot: machine.isRoot,
		setpriv: machine.setpriv !== undefined,
		blockedBy: machine.isRoot ? firstBlocked([home.root, ...paths]) : undefined,
		capabilities: machine.isRoot ? effectiveCapabilities() : 0n,
	})
	// A run as root again gets its files back.
	if (machine.isRoot) giveTo(home[server], user ?? { uid: 0, gid: 0 })
	return user
}

/** Changes the owner of a folder and of everything in it. Links are not followed. */
function giveTo(path: string, owner: Pick<RunAs, "uid" | "gid">): void {
	const stat = lstatSync(path)
	if (stat.uid !== owner.uid || stat.gid !== owner.gid) lchownSync(path, owner.uid, owner.gid)
	if (stat.isDirectory()) for (const name of readdirSync(path)) giveTo(join(path, name), owner)
}

/**
 * The file in which a server finds a secret: a copy in the server's own folder where it may run as a user of its own, who
 * cannot enter the folder of all secrets.
 */
export function secretOf({ machine, home }: Pick<Plan, "machine" | "home">, server: Server, secret: Secret): string {
	return machine.isRoot ? join(home[server], "credentials", basename(secret.file)) : secret.file
}

/** Makes those copies. */
export function copySecrets(plan: Plan, server: Server, secrets: readonly Secret[]): void {
	if (!plan.machine.isRoot) return
	for (const secret of secrets) {
		const copy = secretOf(plan, server, secret)
		mkdirSync(dirname(copy), { recursive: true, mode: 0o700 })
		copyFileSync(secret.file, copy)
		chmodSync(copy, 0o600)
	}
}
