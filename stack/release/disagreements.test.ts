import { describe, expect, it } from "vitest"
import { disagreements } from "./disagreements.ts"

const agreeing = {
	packageJson: '{"version":"1.2.3"}',
	packageLock: '{"version":"1.2.3"}',
	instrumentation: '{"version":"1.2.3"}',
	changelog: "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-11-27\n\n## [1.2.2] - 2026-11-01\n",
	compose: "x-program:\n  image: mcp-observatory:1.2.3\n  user: node\n",
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
		}
		expect(disagreements(others)).toEqual([
			"package-lock.json is 1.2.4, package.json is 2.0.0",
			"exporters/instrumentation/package.json is 1.2.2, package.json is 2.0.0",
			"the newest release in CHANGELOG.md is 1.2.3, package.json is 2.0.0",
			"the image in docker-compose.yml is 1.2.3, package.json is 2.0.0",
		])
	})

	it("must be pinned by the image", () => {
		expect(disagreements({ ...agreeing, compose: "services: {}\n" })).toEqual([
			"docker-compose.yml has no image mcp-observatory:VERSION",
		])
	})
})
