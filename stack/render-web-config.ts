import { hash } from "bcryptjs"
import { stringify } from "yaml"
import { SERVER_USER } from "../core/clients/endpoint.ts"

/** Cost of bcrypt: a guess takes a fraction of a second; the servers cache a correct one. */
const COST = 10

/** The `--web.config.file` of Prometheus and Alertmanager: one user with a hashed password. */
export async function renderWebConfig(password: string): Promise<string> {
	return stringify({ basic_auth_users: { [SERVER_USER]: await hash(password, COST) } })
}
