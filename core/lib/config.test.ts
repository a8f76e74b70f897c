import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import fc from "fast-check"
import { afterAll, describe, expect, it } from "vitest"
import { z } from "zod"
import { duration, formatDuration, httpUrl, listenAddress, loadConfig, parseDuration, postgresUrl } from "./config.ts"

const folder = mkdtempSync(path.join(tmpdir(), "observatory-config-"))
afterAll(() => rmSync(folder, { recursive: true }))

describe("loadConfig", () => {
	const schema = z.object({ A: z.string(), PORT: z.coerce.number().int().default(7), SECRET: z.string().optional() })

	it("uses defaults for unset variables, and counts an empty variable as unset", () => {
		expect(loadConfig(schema, { A: "x", PORT: "", SECRET: "" })).toEqual({ A: "x", PORT: 7 })
	})

	it("reads a secret from the file that X_FILE names, without its last newline", () => {
		const file = path.join(folder, "secret")
		writeFileSync(file, "hush\n")
		expect(loadConfig(schema, { A: "x", SECRET_FILE: file }).SECRET).toBe("hush")
	})

	it("counts an empty file as unset, such as a mounted secret without a value", () => {
		const file = path.join(folder, "empty")
		writeFileSync(file, "\n")
		expect(loadConfig(schema, { A: "x", SECRET_FILE: file }).SECRET).toBeUndefined()
	})

	it("reports every problem at once, each with its variable", () => {
		const env = { PORT: "many", SECRET: "a", SECRET_FILE: "b" }
		expect(() => loadConfig(schema, env)).toThrow(/SECRET and SECRET_FILE are both set.*A: .*PORT: /s)
	})

	it("names an unreadable file", () => {
		const file = path.join(folder, "absent")
		expect(() => loadConfig(schema, { A: "x", SECRET_FILE: file })).toThrow(/SECRET_FILE: ENOENT/)
	})
})

describe("addresses", () => {
	const listen = z.object({ L: listenAddress("127.0.0.1:9464") })

	it.each([
		[undefined, { host: "127.0.0.1", port: 9464 }],
		["9000", { host: "127.0.0.1", port: 9000 }],
		["0.0.0.0:1", { host: "0.0.0.0", port: 1 }],
		["[::1]:80", { host: "::1", port: 80 }],
	])("understands %s", (text, expected) => {
		expect(loadConfig(listen, { L: text }).L).toEqual(expected)
	})

	it.each(["localhost", "host:99999", "a b:1", "http://host:1"])("refuses %s and shows the form", (text) => {
		expect(() => loadConfig(listen, { L: text })).toThrow(/expected HOST:PORT/)
	})

	it("needs the right scheme", () => {
		expect(() => loadConfig(z.object({ U: httpUrl() }), { U: "ftp://x" })).toThrow(/http:\/\/ or https:\/\//)
		expect(() => loadConfig(z.object({ D: postgresUrl() }), { D: "mysql://x" })).toThrow(/postgres:\/\//)
		expect(loadConfig(z.object({ U: httpUrl() }), { U: "http://x:9/" }).U).toBe("http://x:9")
	})
})

describe("durations", () => {
	it("have Prometheus' syntax", () => {
		expect(parseDuration("1h30m")).toBe(5_400_000)
		expect(parseDuration("90")).toBeUndefined()
		expect(parseDuration("")).toBeUndefined()
		expect(formatDuration(5_400_000)).toBe("1h30m")
		expect(() => loadConfig(z.object({ D: duration("5s") }), { D: "soon" })).toThrow(/such as 500ms/)
	})

	it("are the same after writing and reading", () => {
		fc.assert(fc.property(fc.nat(), (ms) => parseDuration(formatDuration(ms)) === ms))
	})
})

describe("a connection string of PostgreSQL", () => {
	const read = (D: string) => loadConfig(z.object({ D: postgresUrl() }), { D }).D

	it.each([
		["postgres://u:p%40@h:5432/db?sslmode=verify-full", "postgres://u:p%40@h:5432/db?sslmode=verify-full"],
		["postgres://u:p@/db?host=/run/pg&port=6000", "postgres://u:p@%2Frun%2Fpg:6000/db"],
		["postgresql://u@/db?host=/run/pg&sslmode=disable", "postgresql://u@%2Frun%2Fpg:5432/db?sslmode=disable"],
		["postgres:///db?host=/run/pg", "postgres://%2Frun%2Fpg:5432/db"],
	])("%s is used as %s", (text, url) => {
		expect(read(text)).toBe(url)
		expect(URL.canParse(url)).toBe(true)
	})

	it.each([
		"postgres://u:secret@h1:5432,h2:5433/db",
		"postgres://u:secret@h1,h2/db",
		"postgres://u:secret@/db?host=a,b",
	])("%s is refused, because it names several hosts", (text) => {
		expect(() => read(text)).toThrow(/several hosts are not supported/)
		expect(() => read(text)).not.toThrow(/secret/)
	})

	it("without a host, or of another kind, is refused with both forms", () => {
		for (const text of ["postgres://u:secret@/db", "mysql://h/db", "h/db"])
			expect(() => read(text)).toThrow(/postgres:\/\/USER:PASSWORD@HOST.*socket/)
	})
})
