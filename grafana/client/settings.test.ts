import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { grafanaOf } from "./settings.ts"

const home = mkdtempSync(path.join(tmpdir(), "observatory-home-"))
const tokenFile = path.join(home, "token")

beforeAll(() => {
	for (const folder of ["secrets", "run"]) mkdirSync(path.join(home, folder))
	writeFileSync(path.join(home, "secrets/grafana_admin_password"), "local\n")
	writeFileSync(path.join(home, "run/addresses.json"), JSON.stringify({ GRAFANA_LISTEN: "127.0.0.1:3456" }))
	writeFileSync(tokenFile, "glsa_1\n")
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`

describe("the Grafana of a command", () => {
	it("is that of the local run, with its administrator", () => {
		expect(grafanaOf({ OBSERVATORY_HOME: home }, {})).toEqual({
			url: "http://127.0.0.1:3456",
			authorization: basic("admin:local"),
		})
	})

	it("is the one that the options name, with the token of the file", () => {
		expect(grafanaOf({ GRAFANA_URL: "http://other" }, { url: "https://grafana.example/", tokenFile })).toEqual({
			url: "https://grafana.example",
			authorization: "Bearer glsa_1",
		})
	})

	it("is that of the environment, with its token before its password", () => {
		const env = { GRAFANA_URL: "http://grafana", GRAFANA_USER: "ada", GRAFANA_PASSWORD: "secret" }
		expect(grafanaOf(env, {}).authorization).toBe(basic("ada:secret"))
		expect(grafanaOf({ ...env, GRAFANA_TOKEN: "glsa_2" }, {}).authorization).toBe("Bearer glsa_2")
	})

	it("never gets the local run's password when it is another server", () => {
		expect(() => grafanaOf({ OBSERVATORY_HOME: home }, { url: "http://elsewhere:3000" })).toThrow(
			/There is no credential for Grafana at http:\/\/elsewhere:3000/,
		)
	})

	it("is not asked with a token that cannot be read", () => {
		expect(() => grafanaOf({}, { url: "http://grafana", tokenFile: path.join(home, "absent") })).toThrow(
			/token's file cannot be read/,
		)
	})
})
