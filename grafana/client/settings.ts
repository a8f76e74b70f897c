import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { basic, type Endpoint } from "../../core/clients/endpoint.ts"
import { type Env, httpUrl, listenAddress, loadConfig } from "../../core/lib/config.ts"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { withLocalAddresses } from "../../core/lib/local-run.ts"

const schema = z.object({
	GRAFANA_URL: httpUrl().optional(),
	GRAFANA_LISTEN: listenAddress("127.0.0.1:3000"),
	/** A service account's token. */
	GRAFANA_TOKEN: z.string().optional(),
	GRAFANA_USER: z.string().default("admin"),
	GRAFANA_PASSWORD: z.string().optional(),
})

/** What a command's options say about Grafana; the environment says the rest. */
export interface Named {
	readonly url?: string | undefined
	readonly tokenFile?: string | undefined
}

/**
 * The Grafana of a command: the one that its options or the environment name, otherwise that of the local run here.
 *
 * @throws ObservatoryError `config_invalid` without a credential, `file_unreadable` for the token's file
 */
export function grafanaOf(env: Env, named: Named): Endpoint {
	const local = withLocalAddresses(env)
	const all = { ...local, ...(named.url === undefined ? {} : { GRAFANA_URL: named.url }) }
	const settings = loadConfig(schema, all)
	const { host, port } = settings.GRAFANA_LISTEN
	const url = settings.GRAFANA_URL ?? `http://${host.includes(":") ? `[${host}]` : host}:${port}`
	const token = named.tokenFile === undefined ? settings.GRAFANA_TOKEN : readToken(named.tokenFile)
	if (token !== undefined) return { url, authorization: `Bearer ${token}` }
	const password =
		settings.GRAFANA_PASSWORD ?? (settings.GRAFANA_URL === undefined ? localPassword(env.OBSERVATORY_HOME) : undefined)
	if (password === undefined) {
		throw new ObservatoryError("config_invalid", `There is no credential for Grafana at ${url}`, {
			advice: "Name a service account's token with --token-file FILE, or set GRAFANA_TOKEN_FILE.",
		})
	}
	return { url, authorization: basic(settings.GRAFANA_USER, password) }
}

/** The administrator's password of the local run in this folder. */
function localPassword(home: string | undefined): string | undefined {
	const file = join(home || ".observatory", "secrets/grafana_admin_password")
	return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined
}

function readToken(file: string): string {
	try {
		return readFileSync(file, "utf8").trim()
	} catch (error) {
		throw new ObservatoryError("file_unreadable", `The token's file cannot be read: ${messageOf(error)}`, {
			cause: error,
		})
	}
}
