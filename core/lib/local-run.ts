import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Env } from "./config.ts"

const DATABASES = ["DATABASE_URL", "SOURCE_DATABASE_URL"] as const

/** The file with a variable's value in a local run's `secrets` folder, for commands in another terminal. */
export const databaseFile = (secrets: string, variable: (typeof DATABASES)[number]): string =>
	join(secrets, variable.toLowerCase())

/** Adds the databases of this folder's local run to an environment without an observatory database. */
export function withLocalRun(env: Env): Env {
	const names = (name: string) => Boolean(env[name] || env[`${name}_FILE`])
	if (names("DATABASE_URL")) return env
	const secrets = join(env.OBSERVATORY_HOME || ".observatory", "secrets")
	const found = DATABASES.filter((name) => !names(name) && existsSync(databaseFile(secrets, name)))
	return { ...env, ...Object.fromEntries(found.map((name) => [`${name}_FILE`, databaseFile(secrets, name)])) }
}

const SERVERS = ["PROMETHEUS", "ALERTMANAGER"] as const

/** The file with a server's password in a local run's `secrets` folder. */
export const passwordFile = (secrets: string, server: (typeof SERVERS)[number]): string =>
	join(secrets, `${server.toLowerCase()}_password`)

/** Adds the local run's credential to an environment without one for a server on this machine. */
export function withLocalServers(env: Env): Env {
	const secrets = join(env.OBSERVATORY_HOME || ".observatory", "secrets")
	const found = SERVERS.filter(
		(server) =>
			!CREDENTIALS.some((name) => env[`${server}_${name}`]) &&
			isLocal(env[`${server}_URL`]) &&
			existsSync(passwordFile(secrets, server)),
	)
	const files = found.map((server) => [`${server}_PASSWORD_FILE`, passwordFile(secrets, server)])
	return { ...env, ...Object.fromEntries(files) }
}

const CREDENTIALS = ["PASSWORD", "PASSWORD_FILE", "TOKEN", "TOKEN_FILE"] as const

/** Every server's default is on this machine. */
function isLocal(url: string | undefined): boolean {
	if (!url) return true
	return URL.canParse(url) && ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname)
}

const TOKENS = ["METRICS_TOKEN", "OTLP_TOKEN", "WEBHOOK_TOKEN", "CONSOLE_TOKEN"] as const

/** Adds the local run's tokens to an environment without them. */
export function withLocalTokens(env: Env): Env {
	const file = (name: string) => join(env.OBSERVATORY_HOME || ".observatory", "secrets", name.toLowerCase())
	const found = TOKENS.filter((name) => !env[name] && !env[`${name}_FILE`] && existsSync(file(name)))
	return { ...env, ...Object.fromEntries(found.map((name) => [`${name}_FILE`, file(name)])) }
}

/** The file with the `*_LISTEN` addresses of a local run, for commands in another terminal. */
export const addressesFile = (home: string): string => join(home, "run", "addresses.json")

/** Adds the addresses of this folder's local run, which may have chosen free ports, to an environment without them. */
export function withLocalAddresses(env: Env): Env {
	const file = addressesFile(env.OBSERVATORY_HOME || ".observatory")
	if (!existsSync(file)) return env
	const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value))
	return { ...env, ...(JSON.parse(readFileSync(file, "utf8")) as Env), ...given }
}
