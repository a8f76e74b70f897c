import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { z } from "zod"
import { BOARDS } from "./boards/index.ts"
import { ALERTMANAGER, POSTGRES, PROMETHEUS, PROMETHEUS_NAME, TELEMETRY } from "./kit/datasources.ts"

const text = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")
const datasourcesText = text("provisioning/datasources/observatory.yml")
const dashboardsText = text("provisioning/dashboards/observatory.yml")
const datasources = z
	.object({ datasources: z.array(z.object({ name: z.string(), uid: z.string(), type: z.string(), url: z.string() })) })
	.parse(parse(datasourcesText)).datasources
const providers = z
	.object({
		providers: z.array(z.object({ name: z.string(), folderUid: z.string(), options: z.object({ path: z.string() }) })),
	})
	.parse(parse(dashboardsText)).providers

describe("provisioning", () => {
	it("creates the data sources of the panels", () => {
		expect(datasources.map(({ type, uid }) => ({ type, uid }))).toEqual([PROMETHEUS, ALERTMANAGER, POSTGRES, TELEMETRY])
		expect(datasources[0]?.name).toBe(PROMETHEUS_NAME)
	})

	it("reads every address from the environment, and the page on dashboards lists the variables", () => {
		for (const { url } of datasources) expect(url).toMatch(/^\$\{\w+\}$/)
		const used = [...`${datasourcesText}${dashboardsText}`.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1])
		const listed = [...text("../docs/dashboards.md").matchAll(/^\| *`([A-Z_]+)` *\|/gm)].map((match) => match[1])
		expect(new Set(listed)).toEqual(new Set(used))
	})

	it("has a folder for every role with a board, and no other", () => {
		const roles = [...new Set(BOARDS.map(({ role }) => role))]
		expect(providers.map(({ options }) => options.path)).toEqual(
			roles.map((role) => `${"$"}{GF_OBSERVATORY_DASHBOARDS}/${role}`),
		)
		expect(providers.map(({ folderUid }) => folderUid)).toEqual(roles.map((role) => `observatory-${role}`))
	})
})
