import { hash } from "bcryptjs"
import { stringify } from "yaml"
import { SERVER_USER } from "../core/clients/endpoint.ts"

/** The least: passwords are long and random, and with a costly hash, wrong guesses would keep the servers busy. */
const COST = 4

/** The `--web.config.file` of Prometheus and Alertmanager: one user with a hashed password. */
export async function renderWebConfig(password: string): Promise<string> {
	return stringify({ basic_auth_users: { [SERVER_USER]: await hash(password, COST) } })
}
