import { expect, it } from "vitest"
import type { Secret } from "../secrets.ts"
import { settingsSchema } from "../settings.ts"
import { stateDirAt } from "../state-dir.ts"
import { databaseEnv, type Plan, programEnv, serverEnv } from "./plan.ts"

const secret = (name: string): Secret => ({ file: `/secrets/${name}`, value: `value of ${name}`, created: false })
const plan: Omit<Plan, "machine"> = {
	projectRoot: "/project",
	home: stateDirAt("/project"),
	settings: settingsSchema.parse({}),
	databaseUrl: "postgres://own",
	programUrls: {
		exporters: { own: "postgres://exporters@own", source: "postgres://monitored" },
		webhook: { own: "postgres://webhook@own", source: "postgres://monitored" },
	},
	demoUrl: undefined,
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

it("gives each of our programs the database by its own role, and none that of the owner", () => {
	expect(databaseEnv(plan as Plan, "exporters").DATABASE_URL).toBe("postgres://exporters@own")
	expect(databaseEnv(plan as Plan, "webhook").DATABASE_URL).toBe("postgres://webhook@own")
	expect(programEnv(plan as Plan).DATABASE_URL).toBeUndefined()
})
