import { readFileSync } from "node:fs"
import { z } from "zod"
import { type Env, httpUrl, loadConfig } from "../lib/config.ts"
import { withLocalServers } from "../lib/local-run.ts"

/** A server that we ask over HTTP. */
export interface Endpoint {
	/** Without a trailing slash. */
	readonly url: string
	/** The `Authorization` header that it wants; undefined when it asks for none. */
	readonly authorization?: string | undefined
}

/** The user name in the web configuration that the local run and docker-compose.yml give to Prometheus and Alertmanager. */
export const SERVER_USER = "observatory"

/** The variables that say where Prometheus and Alertmanager are, and what they want to see. */
export const serverVariables = {
	PROMETHEUS_URL: httpUrl().default("http://127.0.0.1:9090"),
	PROMETHEUS_USER: z.string().default(SERVER_USER),
	PROMETHEUS_PASSWORD: z.string().optional(),
	/** A bearer token, for a Prometheus behind a proxy that asks for one. */
	PROMETHEUS_TOKEN: z.string().optional(),
	ALERTMANAGER_URL: httpUrl().default("http://127.0.0.1:9093"),
	ALERTMANAGER_USER: z.string().default(SERVER_USER),
	ALERTMANAGER_PASSWORD: z.string().optional(),
	ALERTMANAGER_TOKEN: z.string().optional(),
}

type ServerSettings = z.output<z.ZodObject<typeof serverVariables>>

/** The two servers of an environment. */
export const serversOf = (settings: ServerSettings): { prometheus: Endpoint; alertmanager: Endpoint } => ({
	prometheus: endpoint(
		settings.PROMETHEUS_URL,
		settings.PROMETHEUS_USER,
		settings.PROMETHEUS_PASSWORD,
		settings.PROMETHEUS_TOKEN,
	),
	alertmanager: endpoint(
		settings.ALERTMANAGER_URL,
		settings.ALERTMANAGER_USER,
		settings.ALERTMANAGER_PASSWORD,
		settings.ALERTMANAGER_TOKEN,
	),
})

/** A token wins over a password; with neither, no credential goes out. */
function endpoint(url: string, user: string, password?: string, token?: string): Endpoint {
	if (token !== undefined) return { url, authorization: `Bearer ${token}` }
	return password === undefined ? { url } : { url, authorization: basic(user, password) }
}

/** The headers that every request to a server carries. */
export const headersOf = ({ authorization }: Endpoint): Record<string, string> =>
	authorization === undefined ? {} : { authorization }

/** The header of HTTP's basic authentication. */
export const basic = (user: string, password: string): string =>
	`Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`

/** The same, with the password in a file. @throws when the file cannot be read */
export const basicFromFile = (file: string, user = SERVER_USER): string =>
	basic(user, readFileSync(file, "utf8").trim())

/**
 * The two servers of a command: the address that its options name, otherwise those of its environment, and the
 * passwords of the local run whose folder is here.
 *
 * @throws ObservatoryError `config_invalid`
 */
export function serversFor(env: Env, named: { prometheus?: string | undefined; alertmanager?: string | undefined }) {
	const all = {
		...env,
		...(named.prometheus === undefined ? {} : { PROMETHEUS_URL: named.prometheus }),
		...(named.alertmanager === undefined ? {} : { ALERTMANAGER_URL: named.alertmanager }),
	}
	return serversOf(loadConfig(z.object(serverVariables), withLocalServers(all)))
}
