import { z } from "zod"
import { ADVISORIES_AS_OF, advisoriesFor, type Program, UNSUPPORTED } from "./advisories.ts"
import { ask } from "./ask.ts"
import { ok, type Risk, risk } from "./risk.ts"
import type { Installation } from "./settings.ts"

/** What is known about a version of a program. */
export function examineVersion(program: Program, version: string): Risk[] {
	const risks = [
		...advisoriesFor(program, version).map(({ severity, id, what, source }) =>
			risk(severity, `${program} ${version} has ${id}: ${what}`, `Install a release with the fix: ${source}`),
		),
		...UNSUPPORTED.filter((each) => each.program === program && version.startsWith(each.prefix)).map(
			({ what, source }) =>
				risk(
					"medium",
					`${what} (${source})`,
					`Put a supported release of ${program} into the PATH; npm start prefers it over a fetched package.`,
				),
		),
	]
	return risks.length > 0
		? risks
		: [ok(`${program} ${version}: no known advisory in the table of ${ADVISORIES_AS_OF}, which is not complete`)]
}

const prometheusAnswer = z.object({ data: z.object({ version: z.string() }) }).transform(({ data }) => data.version)
const alertmanagerAnswer = z
	.object({ versionInfo: z.object({ version: z.string() }) })
	.transform(({ versionInfo }) => versionInfo.version)
const grafanaAnswer = z.object({ version: z.string() }).transform(({ version }) => version)

/** The versions that the running servers report. */
export async function examineServerVersions({ config, credentials }: Installation): Promise<Risk[]> {
	const servers = [
		["Prometheus", config.PROMETHEUS_LISTEN, "/api/v1/status/buildinfo", credentials.prometheus, prometheusAnswer],
		["Alertmanager", config.ALERTMANAGER_LISTEN, "/api/v2/status", credentials.alertmanager, alertmanagerAnswer],
		["Grafana", config.GRAFANA_LISTEN, "/api/health", credentials.grafana, grafanaAnswer],
	] as const
	const risks = await Promise.all(
		servers.map(async ([program, address, path, authorization, schema]) => {
			const headers = authorization === undefined ? {} : { authorization }
			const reply = await ask(address, { path, headers }).catch(() => undefined)
			if (reply === undefined) return []
			const version = schema.safeParse(parsed(reply.body))
			if (version.success) return examineVersion(program, version.data)
			return [
				risk(
					"low",
					`${program}'s version is unknown: it answers ${reply.status}`,
					`Give this command its credential, such as ${program.toUpperCase()}_PASSWORD_FILE.`,
				),
			]
		}),
	)
	return risks.flat()
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text)
	} catch {
		return undefined
	}
}
