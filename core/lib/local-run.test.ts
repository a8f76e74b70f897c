import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { addressesFile, databaseFile, withLocalAddresses, withLocalRun, withLocalTokens } from "./local-run.ts"

describe("a program beside a local run", () => {
	const home = mkdtempSync(path.join(tmpdir(), "observatory-local-"))
	const secrets = path.join(home, "secrets")
	mkdirSync(secrets)
	const file = databaseFile(secrets, "DATABASE_URL")
	writeFileSync(file, "postgres://a@127.0.0.1/b\n")
	afterAll(() => rmSync(home, { recursive: true }))

	it("finds the database of the local run if none is configured", () => {
		expect(withLocalRun({ OBSERVATORY_HOME: home })).toEqual({ OBSERVATORY_HOME: home, DATABASE_URL_FILE: file })
	})

	it("uses a configured monitored database with the observatory database of the local run", () => {
		writeFileSync(databaseFile(secrets, "SOURCE_DATABASE_URL"), "postgres://demo@127.0.0.1/b")
		const env = { OBSERVATORY_HOME: home, SOURCE_DATABASE_URL: "postgres://c@127.0.0.1/d" }
		expect(withLocalRun(env)).toEqual({ ...env, DATABASE_URL_FILE: file })
	})

	it.each(["DATABASE_URL", "DATABASE_URL_FILE"])("keeps %s if it is set", (name) => {
		const env = { OBSERVATORY_HOME: home, [name]: "x" }
		expect(withLocalRun(env)).toEqual(env)
	})

	it("keeps the environment if there is no local run", () => {
		const env = { OBSERVATORY_HOME: path.join(home, "elsewhere") }
		expect(withLocalRun(env)).toEqual(env)
	})
})

describe("a command beside a local run", () => {
	const home = mkdtempSync(path.join(tmpdir(), "observatory-local-"))
	mkdirSync(path.join(home, "secrets"))
	mkdirSync(path.join(home, "run"))
	const token = path.join(home, "secrets", "metrics_token")
	writeFileSync(token, "a-token-of-the-run")
	writeFileSync(addressesFile(home), JSON.stringify({ OTLP_LISTEN: "127.0.0.1:40001", DEMO_LISTEN: "127.0.0.1:40002" }))
	afterAll(() => rmSync(home, { recursive: true }))

	it("finds its tokens, unless they are configured", () => {
		expect(withLocalTokens({ OBSERVATORY_HOME: home }).METRICS_TOKEN_FILE).toBe(token)
		const env = { OBSERVATORY_HOME: home, METRICS_TOKEN: "x" }
		expect(withLocalTokens(env)).toEqual(env)
	})

	it("finds the addresses that it has chosen, unless they are configured", () => {
		const env = { OBSERVATORY_HOME: home, DEMO_LISTEN: "127.0.0.1:1", OTLP_LISTEN: "" }
		expect(withLocalAddresses(env)).toEqual({ ...env, OTLP_LISTEN: "127.0.0.1:40001" })
		expect(withLocalAddresses({ OBSERVATORY_HOME: "/nowhere" })).toEqual({ OBSERVATORY_HOME: "/nowhere" })
	})
})
