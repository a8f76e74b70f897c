import { readFileSync } from "node:fs"
import path from "node:path"
import { basicFromFile } from "../../core/clients/endpoint.ts"
import { passwordFile } from "../../core/lib/local-run.ts"

type Headers = Readonly<Record<"authorization", string>>

/** The headers that the servers of a local run ask for; `home` is its folder. */
export function credentialsOf(
	home: string,
): Readonly<Record<"prometheus" | "alertmanager" | "metrics" | "otlp", Headers>> {
	const secrets = path.join(home, "secrets")
	const bearer = (name: string) => ({
		authorization: `Bearer ${readFileSync(path.join(secrets, name), "utf8").trim()}`,
	})
	return {
		prometheus: { authorization: basicFromFile(passwordFile(secrets, "PROMETHEUS")) },
		alertmanager: { authorization: basicFromFile(passwordFile(secrets, "ALERTMANAGER")) },
		metrics: bearer("metrics_token"),
		otlp: bearer("otlp_token"),
	}
}
