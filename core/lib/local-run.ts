import { existsSync } from "node:fs"
import { join } from "node:path"
import type { Env } from "./config.ts"

const DATABASES = ["DATABASE_URL", "SOURCE_DATABASE_URL"] as const

/** The file in a local run's `secrets` folder that has a variable's value, for programs that are called beside it. */
export const databaseFile = (secrets: string, variable: (typeof DATABASES)[number]): string =>
	join(secrets, variable.toLowerCase())

/** An environment without a database of ours gets that of the local run whose folder is here, and what it monitors. */
export function withLocalRun(env: Env): Env {
	const names = (name: string) => Boolean(env[name] || env[`${name}_FILE`])
	if (names("DATABASE_URL")) return env
	const secrets = join(env.OBSERVATORY_HOME || ".observatory", "secrets")
	const found = DATABASES.filter((name) => !names(name) && existsSync(databaseFile(secrets, name)))
	return { ...env, ...Object.fromEntries(found.map((name) => [`${name}_FILE`, databaseFile(secrets, name)])) }
}
