import { readFileSync } from "node:fs"
import path from "node:path"
import { disagreements } from "./disagreements.ts"

const read = (file: string) => readFileSync(path.resolve(import.meta.dirname, "../..", file), "utf8")

const wrong = disagreements({
	packageJson: read("package.json"),
	packageLock: read("package-lock.json"),
	instrumentation: read("exporters/instrumentation/package.json"),
	changelog: read("CHANGELOG.md"),
	compose: read("docker-compose.yml"),
})
process.stdout.write(wrong.length === 0 ? "versions, changelog and image tag agree\n" : `${wrong.join("\n")}\n`)
process.exitCode = wrong.length === 0 ? 0 : 1
