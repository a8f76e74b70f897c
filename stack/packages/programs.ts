import { delimiter, join } from "node:path"
import type { Missing } from "../parts/part.ts"
import { findProgram } from "../process/find-program.ts"

/** Programs that npm does not install, with their file names. */
const NAMES = {
	prometheus: ["prometheus"],
	alertmanager: ["alertmanager", "prometheus-alertmanager"],
	grafana: ["grafana", "grafana-server"],
} as const
export type Program = keyof typeof NAMES

/** The folder of the unpacked Debian packages. */
export const unpackedInto = (packages: string) => join(packages, "root")

/** An available program, and whether `--install` fetched it. */
export interface Found {
	readonly file: string
	readonly fetched: boolean
}

/** Finds a program on the PATH, then among the fetched ones. */
export function locate(program: Program, searchPath: string, packages: string): Found | undefined {
	const installed = findProgram(NAMES[program], searchPath)
	if (installed !== undefined) return { file: installed, fetched: false }
	const fetched = findProgram(NAMES[program], join(unpackedInto(packages), "usr/bin"))
	return fetched === undefined ? undefined : { file: fetched, fetched: true }
}

/** The PATH of child processes: fetched programs come last. */
export const withFetched = (searchPath: string, packages: string) =>
	[searchPath, join(unpackedInto(packages), "usr/bin")].filter((part) => part !== "").join(delimiter)

/** The title of a missing program and the command that installs it. */
export function missing(program: Program, platform: NodeJS.Platform, hasApt: boolean): Missing {
	const title = `${program[0]?.toUpperCase()}${program.slice(1)}`
	if (program === "grafana")
		return {
			missing: title,
			get: platform === "darwin" ? "brew install grafana" : "https://grafana.com/grafana/download",
		}
	if (hasApt) return { missing: title, get: "npm start -- --install" }
	if (platform === "darwin") return { missing: title, get: "brew install prometheus alertmanager" }
	return { missing: title, get: `install ${program} with your system's package manager, or put it on the PATH` }
}
