import { describe, expect, it } from "vitest"
import { runsDemo, settingsSchema } from "./settings.ts"

describe("the demo", () => {
	const runs = (env: Record<string, string>) =>
		(["by default", "beside GitHub", "never"] as const).filter((choice) => runsDemo(settingsSchema.parse(env), choice))

	it("runs without a real source, and beside a real repository on request only", () => {
		expect(runs({})).toEqual(["by default", "beside GitHub"])
		expect(runs({ GITHUB_REPOSITORY: "acme/agents" })).toEqual(["beside GitHub"])
	})

	it("never runs beside a real database or real MCP servers", () => {
		expect(runs({ SOURCE_DATABASE_URL: "postgres://reader@db/app" })).toEqual([])
		expect(runs({ MCP_CONFIG: "mcp.json", GITHUB_REPOSITORY: "acme/agents" })).toEqual([])
	})
})
