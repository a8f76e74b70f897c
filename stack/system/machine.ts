import { findProgram } from "../process/find-program.ts"

/** The machine's properties, read once. */
export interface Machine {
	readonly platform: NodeJS.Platform
	readonly searchPath: string
	/** util-linux' setpriv; Debian always has it, macOS never. */
	readonly setpriv: string | undefined
	readonly hasApt: boolean
	readonly isRoot: boolean
}

export function inspectMachine(searchPath: string): Machine {
	// An ordinary user's PATH may lack the system folders.
	const wide = `${searchPath}:/usr/sbin:/usr/bin:/sbin:/bin`
	return {
		platform: process.platform,
		searchPath,
		setpriv: process.platform === "linux" ? findProgram(["setpriv"], wide) : undefined,
		hasApt: findProgram(["apt-get"], wide) !== undefined && findProgram(["dpkg-deb"], wide) !== undefined,
		isRoot: process.getuid?.() === 0,
	}
}
