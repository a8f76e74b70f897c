import { expect, it } from "vitest"
import type { Secret } from "../secrets.ts"
import { settingsSchema } from "../settings.ts"
import { stateDirAt } from "../state-dir.ts"
import { type Plan, programEnv, serverEnv } from "./plan.ts"

const secret = (name: string): Secret => ({ file: `/secrets/${name}`, value: `value of ${name}`, created: false })
const plan: Omit<Plan, "machine"> = {
	projectRoot: "/project",
	home: stateDirAt("/project"),
	settings: settingsSchema.parse({}),
	databaseUrl: "postgres://own",
	sourceUrl: "postgres://own",
	webhookToken: secret("webhook_token"),
	linkSigningKey: secret("link_signing_key"),
	consoleToken: secret("console_token"),
	prometheusPassword: secret("prometheus_password"),
	alertmanagerPassword: secret("alertmanager_password"),
	metricsToken: secret("metrics_token"),
	otlpToken: secret("otlp_token"),
	demo: false,
	install: false,
	env: { PATH: "/bin", LINK_SIGNING_KEY: "a key of the environment" },
}

it("gives our programs the key of links as a file of its own, and other programs neither key nor file", () => {
	const env = programEnv(plan as Plan)
	expect([env.LINK_SIGNING_KEY, env.LINK_SIGNING_KEY_FILE]).toEqual([undefined, "/secrets/link_signing_key"])
	expect(env.WEBHOOK_TOKEN_FILE).toBe("/secrets/webhook_token")
	expect(JSON.stringify(serverEnv(plan as Plan))).not.toMatch(/key/)
})
