import { readFileSync } from "node:fs"
import path from "node:path"
import { readArguments, runCommand } from "../../core/lib/arguments.ts"
import { releasesOf } from "../packages/releases.ts"
import { disagreements } from "./disagreements.ts"

const read = (file: string) => readFileSync(path.resolve(import.meta.dirname, "../..", file), "utf8")

const HELP = `npm run release:check

Compares the version in package.json, the lockfile, the packages, CHANGELOG.md and the image tags, of ours and of the
servers that --install fetches. RELEASE.md is the recipe.
Exit code: 0 they agree, 1 they differ, 2 wrong usage.
`

function main(): number {
	const { values } = readArguments({ options: { help: { type: "boolean", short: "h" } } }, HELP)
	if (values.help) {
		process.stdout.write(HELP)
		return 0
	}
	const wrong = disagreements({
		packageJson: read("package.json"),
		packageLock: read("package-lock.json"),
		instrumentation: read("exporters/instrumentation/package.json"),
		changelog: read("CHANGELOG.md"),
		compose: read("docker-compose.yml"),
		servers: {
			prometheus: releasesOf("prometheus", "linux-x64")[0]?.version,
			alertmanager: releasesOf("alertmanager", "linux-x64")[0]?.version,
			grafana: releasesOf("grafana", "linux-x64")[0]?.version,
		},
	})
	process.stdout.write(wrong.length === 0 ? "versions, changelog and image tag agree\n" : `${wrong.join("\n")}\n`)
	return wrong.length === 0 ? 0 : 1
}

await runCommand(main)
