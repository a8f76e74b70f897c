import { homedir } from "node:os"
import { findProgram } from "../process/find-program.ts"

/** What this machine has to offer, looked at once. */
export interface Machine {
	readonly platform: NodeJS.Platform
	readonly searchPath: string
	/** util-linux' setpriv, which Debian always has and macOS never. */
	readonly setpriv: string | undefined
	readonly hasApt: boolean
	readonly isRoot: boolean
	readonly home: string
}

export function inspectMachine(searchPath: string): Machine {
	// An ordinary user's PATH lacks the system folders, where some of these are.
	const wide = `${searchPath}:/usr/sbin:/usr/bin:/sbin:/bin`
	return {
		platform: process.platform,
		searchPath,
		setpriv: process.platform === "linux" ? findProgram(["setpriv"], wide) : undefined,
		hasApt: findProgram(["apt-get"], wide) !== undefined && findProgram(["dpkg-deb"], wide) !== undefined,
		isRoot: process.getuid?.() === 0,
		home: homedir(),
	}
}
