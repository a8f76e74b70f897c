import { delimiter, join } from "node:path"
import type { Missing } from "../parts/part.ts"
import { findProgram } from "../process/find-program.ts"

/** Programs that do not come with npm, and the names they go by. */
const NAMES = {
	prometheus: ["prometheus"],
	alertmanager: ["alertmanager", "prometheus-alertmanager"],
	grafana: ["grafana", "grafana-server"],
} as const
export type Program = keyof typeof NAMES

/** Where a Debian package's files are below the folder it was unpacked into. */
export const unpackedInto = (packages: string) => join(packages, "root")

/** A program that is here, and whether it is one that `--install` fetched. */
export interface Found {
	readonly file: string
	readonly fetched: boolean
}

/** Looks on the PATH first, then among what was fetched. */
export function locate(program: Program, searchPath: string, packages: string): Found | undefined {
	const installed = findProgram(NAMES[program], searchPath)
	if (installed !== undefined) return { file: installed, fetched: false }
	const fetched = findProgram(NAMES[program], join(unpackedInto(packages), "usr/bin"))
	return fetched === undefined ? undefined : { file: fetched, fetched: true }
}

/** The PATH that children get: fetched programs come last. */
export const withFetched = (searchPath: string, packages: string) =>
	[searchPath, join(unpackedInto(packages), "usr/bin")].filter((part) => part !== "").join(delimiter)

/** What to tell about a program that is not here. */
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
