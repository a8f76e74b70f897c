import { delimiter, join } from "node:path"
import type { Missing } from "../parts/part.ts"
import { findProgram } from "../process/find-program.ts"
import { PROGRAMS, type Program, programFolder, releasesOf, thisPlatform, titleOf } from "./releases.ts"

const NAMES = {
	prometheus: ["prometheus"],
	alertmanager: ["alertmanager", "prometheus-alertmanager"],
	grafana: ["grafana", "grafana-server"],
} as const

/** The folder of the unpacked Debian packages. */
export const unpackedInto = (packages: string) => join(packages, "root")

/** An available program: installed by the user, a fetched release of its maker, or a fetched package of Debian. */
export interface Found {
	readonly file: string
	readonly origin: "installed" | "release" | "debian"
}

/** Finds a program on the PATH, then among the fetched ones. */
export function locate(program: Program, searchPath: string, packages: string): Found | undefined {
	const folders: readonly (readonly [Found["origin"], string])[] = [
		["installed", searchPath],
		...releasesOf(program, thisPlatform()).map((each) => ["release", programFolder(packages, each)] as const),
		["debian", join(unpackedInto(packages), "usr/bin")],
	]
	for (const [origin, folder] of folders) {
		const file = findProgram(NAMES[program], folder)
		if (file !== undefined) return { file, origin }
	}
	return undefined
}

/** The PATH of child processes: fetched programs come last. */
export function withFetched(searchPath: string, packages: string): string {
	const releases = PROGRAMS.flatMap((program) => releasesOf(program, thisPlatform()))
	const folders = [...releases.map((each) => programFolder(packages, each)), join(unpackedInto(packages), "usr/bin")]
	return [searchPath, ...folders].filter((part) => part !== "").join(delimiter)
}

/** The title of a missing program and the command that gets it. */
export function missing(program: Program): Missing {
	const [release] = releasesOf(program, thisPlatform())
	return {
		missing: titleOf(program),
		get:
			release !== undefined || process.platform === "linux"
				? "npm start -- --install, or put your own on the PATH"
				: `put ${program} on the PATH`,
	}
}
