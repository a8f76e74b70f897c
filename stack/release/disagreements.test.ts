import { describe, expect, it } from "vitest"
import { disagreements } from "./disagreements.ts"

const agreeing = {
	packageJson: '{"version":"1.2.3"}',
	packageLock: '{"version":"1.2.3"}',
	instrumentation: '{"version":"1.2.3"}',
	changelog: "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-11-27\n\n## [1.2.2] - 2026-11-01\n",
	compose:
		"x-program:\n  image: mcp-observatory:1.2.3\n  user: node\n  image: prom/prometheus:v3.1.0\n  image: prom/alertmanager:v0.3.0\n  image: grafana/grafana:13.0.0\n",
	servers: { prometheus: "3.1.0", alertmanager: "0.3.0", grafana: "13.0.0" },
}

describe("the version", () => {
	it("is the same everywhere", () => {
		expect(disagreements(agreeing)).toEqual([])
	})

	it("may be without a release in the changelog before the first one", () => {
		expect(disagreements({ ...agreeing, changelog: "## [Unreleased]\n" })).toEqual([])
	})

	it("is named with its file wherever it differs, all at once", () => {
		const others = {
			packageJson: '{"version":"2.0.0"}',
			packageLock: '{"version":"1.2.4"}',
			instrumentation: '{"version":"1.2.2"}',
			changelog: agreeing.changelog,
			compose: agreeing.compose,
			servers: { ...agreeing.servers, grafana: "13.0.1" },
		}
		expect(disagreements(others)).toEqual([
			"package-lock.json is 1.2.4, package.json is 2.0.0",
			"exporters/instrumentation/package.json is 1.2.2, package.json is 2.0.0",
			"the newest release in CHANGELOG.md is 1.2.3, package.json is 2.0.0",
			"the image in docker-compose.yml is 1.2.3, package.json is 2.0.0",
			"the image grafana/grafana in docker-compose.yml is 13.0.0, stack/packages/releases.json has 13.0.1",
		])
	})

	it("must be pinned by the image", () => {
		expect(disagreements({ ...agreeing, compose: agreeing.compose.replace("mcp-observatory", "other") })).toEqual([
			"docker-compose.yml has no image mcp-observatory:VERSION",
		])
	})
})
