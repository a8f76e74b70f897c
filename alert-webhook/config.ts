import { z } from "zod"
import { httpUrl, listenAddress, postgresUrl } from "../core/lib/config.ts"

const secret = (what: string) =>
	z
		.string({ error: `missing: ${what}` })
		.min(16, "expected at least 16 characters, better 32 random ones")
		.regex(/^\S+$/, "expected no white space")

/** The receiver's environment. Secrets are best given as files, with `_FILE` behind their names. */
export const webhookEnvironment = z.object({
	DATABASE_URL: postgresUrl(),
	WEBHOOK_LISTEN: listenAddress("127.0.0.1:9099"),
	/** Where people reach the console, for links and for whether cookies are kept to https. */
	WEBHOOK_URL: httpUrl().optional(),
	GRAFANA_URL: httpUrl().default("http://127.0.0.1:3000"),
	WEBHOOK_TOKEN: secret("the token that Alertmanager presents"),
	/** What people sign in with. Without it nobody can, but alerts are kept all the same. */
	CONSOLE_TOKEN: secret("the token that people sign in with").optional(),
	LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
})
export type WebhookEnvironment = z.output<typeof webhookEnvironment>
