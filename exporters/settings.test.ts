import { describe, expect, it } from "vitest"
import { readSettings } from "./settings.ts"

const DATABASE_URL = "postgres://user@localhost/observatory"

describe("the settings of the OTLP receiver", () => {
	it.each<[Record<string, string>, string | undefined]>([
		[{}, "127.0.0.1:4317"],
		[{ OTLP_LISTEN: "0.0.0.0:4318" }, "0.0.0.0:4317"],
		[{ OTLP_LISTEN: "127.0.0.1:4400" }, undefined],
		[{ OTLP_LISTEN: "127.0.0.1:4400", OTLP_GRPC_LISTEN: "127.0.0.1:4401" }, "127.0.0.1:4401"],
		[{ OTLP_GRPC_LISTEN: "off" }, undefined],
		[{ OTLP_GRPC_LISTEN: "" }, "127.0.0.1:4317"],
	])("listen for gRPC beside the usual port only, or at the address that is given: %j", async (env, expected) => {
		const { otlpGrpcListen } = await readSettings({ DATABASE_URL, ...env })
		expect(otlpGrpcListen && `${otlpGrpcListen.host}:${otlpGrpcListen.port}`).toBe(expected)
	})

	it("allow no origin by default, and whole origins only", async () => {
		expect((await readSettings({ DATABASE_URL })).otlpCorsOrigins).toEqual([])
		const OTLP_CORS_ORIGINS = "https://app.example, http://localhost:3000"
		expect((await readSettings({ DATABASE_URL, OTLP_CORS_ORIGINS })).otlpCorsOrigins).toEqual([
			"https://app.example",
			"http://localhost:3000",
		])
		for (const wrong of ["*", "app.example", "https://app.example/page"])
			await expect(readSettings({ DATABASE_URL, OTLP_CORS_ORIGINS: wrong })).rejects.toThrow("OTLP_CORS_ORIGINS")
		await expect(readSettings({ DATABASE_URL, OTLP_GRPC_LISTEN: "no" })).rejects.toThrow("OTLP_GRPC_LISTEN")
	})
})

describe("the settings of stored telemetry", () => {
	it("store a week and 5 GiB without content by default", async () => {
		expect((await readSettings({ DATABASE_URL })).telemetryStore).toEqual({
			retention: { days: 7, bytes: 5 * 2 ** 30 },
			content: false,
		})
	})

	it("are switched and bounded, and wrong ones are named", async () => {
		expect((await readSettings({ DATABASE_URL, TELEMETRY_STORE: "off" })).telemetryStore).toBeUndefined()
		const given = { TELEMETRY_STORE_DAYS: "30", TELEMETRY_STORE_BYTES: "512MiB", TELEMETRY_STORE_CONTENT: "on" }
		expect((await readSettings({ DATABASE_URL, ...given })).telemetryStore).toEqual({
			retention: { days: 30, bytes: 512 * 2 ** 20 },
			content: true,
		})
		for (const wrong of [
			{ TELEMETRY_STORE_DAYS: "0" },
			{ TELEMETRY_STORE_DAYS: "some" },
			{ TELEMETRY_STORE_BYTES: "5" },
			{ TELEMETRY_STORE_BYTES: "0GiB" },
			{ TELEMETRY_STORE_CONTENT: "yes" },
		])
			await expect(readSettings({ DATABASE_URL, ...wrong })).rejects.toThrow(Object.keys(wrong)[0])
	})
})

describe("the settings of forwarding", () => {
	const OTLP_FORWARD = "https://collector.example/otlp/"

	it("forward nowhere by default, and to an address with its headers", async () => {
		expect((await readSettings({ DATABASE_URL })).otlpForward).toBeUndefined()
		const OTLP_FORWARD_HEADERS = "Authorization=Basic%20YTpi==, x-scope-orgid=team"
		expect((await readSettings({ DATABASE_URL, OTLP_FORWARD, OTLP_FORWARD_HEADERS })).otlpForward).toEqual({
			url: "https://collector.example/otlp",
			headers: { authorization: "Basic YTpi==", "x-scope-orgid": "team" },
		})
	})

	it("refuse headers that cannot be read without showing them, and the receiver's own address", async () => {
		for (const wrong of ["secret", "name=%secret", "a=1,secret"]) {
			const error = await readSettings({ DATABASE_URL, OTLP_FORWARD, OTLP_FORWARD_HEADERS: wrong }).catch(String)
			expect(error).toContain("OTLP_FORWARD_HEADERS")
			expect(error).not.toContain("secret")
		}
		await expect(readSettings({ DATABASE_URL, OTLP_FORWARD: "http://localhost:4318" })).rejects.toThrow("itself")
	})
})
