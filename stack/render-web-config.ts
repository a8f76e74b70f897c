import { hash } from "bcryptjs"
import { stringify } from "yaml"
import { SERVER_USER } from "../core/clients/endpoint.ts"

/** A guess costs a fraction of a second; the servers remember a right one. */
const COST = 10

/** The `--web.config.file` of Prometheus and Alertmanager: one user, whose password it has as a hash only. */
export async function renderWebConfig(password: string): Promise<string> {
	return stringify({ basic_auth_users: { [SERVER_USER]: await hash(password, COST) } })
}
