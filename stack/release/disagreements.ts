import { PROGRAMS, type Program } from "../packages/releases.ts"

/** The texts of the files that name the version. */
export interface ReleaseFiles {
	readonly packageJson: string
	readonly packageLock: string
	/** package.json of the package that applications install. */
	readonly instrumentation: string
	readonly changelog: string
	readonly compose: string
	/** The version of each server that `npm start -- --install` fetches. */
	readonly servers: Readonly<Record<Program, string | undefined>>
}

const IMAGES: Readonly<Record<Program, string>> = {
	prometheus: "prom/prometheus",
	alertmanager: "prom/alertmanager",
	grafana: "grafana/grafana",
}

const versionOf = (json: string): string => String((JSON.parse(json) as { version?: unknown }).version)

/**
 * The versions that differ from package.json. A changelog without a release agrees: its version is not released yet.
 */
export function disagreements(files: ReleaseFiles): readonly string[] {
	const { packageJson, packageLock, instrumentation, changelog, compose } = files
	const version = versionOf(packageJson)
	const released = /^## \[(\d[^\]]*)\]/m.exec(changelog)?.[1] ?? version
	const images = [...compose.matchAll(/^\s*image:\s*mcp-observatory:(\S+)/gm)].map((match) => match[1] ?? "")
	const found: readonly (readonly [string, string])[] = [
		["package-lock.json", versionOf(packageLock)],
		["exporters/instrumentation/package.json", versionOf(instrumentation)],
		["the newest release in CHANGELOG.md", released],
		...images.map((tag) => ["the image in docker-compose.yml", tag] as const),
	]
	return [
		...found
			.filter(([, other]) => other !== version)
			.map(([where, other]) => `${where} is ${other}, package.json is ${version}`),
		...(images.length === 0 ? ["docker-compose.yml has no image mcp-observatory:VERSION"] : []),
		...PROGRAMS.filter((program) => tagOf(compose, IMAGES[program]) !== files.servers[program]).map(
			(program) =>
				`the image ${IMAGES[program]} in docker-compose.yml is ${tagOf(compose, IMAGES[program])}, stack/packages/releases.json has ${files.servers[program]}`,
		),
	]
}

const tagOf = (compose: string, image: string): string | undefined =>
	new RegExp(`^\\s*image:\\s*${image}:v?(\\S+)`, "m").exec(compose)?.[1]
